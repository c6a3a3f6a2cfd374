/**
 * 23: the bridge has stored a batch, and its answer is lost on the way. The batch comes again; a bridge that remembers
 * it stores nothing twice. Every second time the bridge is killed, so that it cannot: then the batch stands in Kafka
 * twice, and is counted once.
 */
import type { Buffer } from "node:buffer"
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"
import { releasedBatches } from "../released-batches.ts"
import type { TcpProxy } from "../tcp-proxy.ts"

const batchSize = 1_000

/** Whole messages to NATS, with a receipt for events that were stored among them. */
const isReceipt = (data: Buffer): boolean => {
  const text = data.toString("latin1")
  return (
    /^H?PUB /.test(text) && text.endsWith("\r\n") && text.includes("placements") && text.includes("offset")
  )
}

/** Drops the next receipt; the connection lives on. */
const dropReceipt = (proxy: TcpProxy): Promise<void> =>
  new Promise((resolve) => {
    const remove = proxy.intercept(({ direction, data }) => {
      if (direction !== "up" || !isReceipt(data)) return "pass"
      remove()
      resolve()
      return "drop"
    })
  })

export default faultCase({
  number: "23",
  name: "the bridge's answer is lost",
  requires: { through: { nats: ["bridge"] } },
  fault: async (world, random) => {
    const bridge = world.actor("bridge")
    const silences = (): number =>
      releasedBatches(world).filter(({ reason }) => reason === "no-answer").length
    await atRandomMoments(world, random, async (round) => {
      const before = silences()
      await dropReceipt(world.proxy("nats"))
      if (round % 2 === 1) {
        await bridge.kill()
        await bridge.up()
      }
      await eventually("the drainer has given up waiting", () => silences() > before, 60_000)
    })
    prove(world.proxy("nats").counts.dropped === world.moments, "not every answer was dropped")
    prove(bridge.counts.died === 0, "a bridge ended by itself")
    return `${world.moments} answers of the bridge were dropped, the bridge was killed after ${bridge.counts.killed} of them`
  },
  afterwards: (world, { duplicates }) => {
    const killed = world.actor("bridge").counts.killed
    // Eight batches may be under way when a bridge is killed.
    prove(duplicates <= killed * 8 * batchSize, `${duplicates} duplicates of ${world.moments} lost answers`)
    return `${duplicates} records stand in Kafka again, each counted once`
  }
})
