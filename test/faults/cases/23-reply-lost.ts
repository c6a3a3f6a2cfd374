/**
 * 23: the bridge has stored a batch, and its reply is lost. The batch is sent again; a bridge that remembers it stores
 * nothing twice. Every second time the bridge is killed and has forgotten the batch: then the batch is in Kafka twice, and
 * is counted once.
 */
import type { Buffer } from "node:buffer"
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"
import { releasedBatches } from "../released-batches.ts"
import type { TcpProxy } from "../tcp-proxy.ts"

const batchSize = 1_000

/** Whether the bytes are whole messages to NATS that include a receipt of stored events. */
const isReceipt = (data: Buffer): boolean => {
  const text = data.toString("latin1")
  return (
    /^H?PUB /.test(text) && text.endsWith("\r\n") && text.includes("placements") && text.includes("offset")
  )
}

/** Drops the next receipt; the connection stays open. */
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
    const timeouts = (): number =>
      releasedBatches(world).filter(({ reason }) => reason === "no-answer").length
    await atRandomMoments(world, random, async (round) => {
      const before = timeouts()
      await dropReceipt(world.proxy("nats"))
      if (round % 2 === 1) {
        await bridge.kill()
        await bridge.up()
      }
      await eventually("the drainer has timed out", () => timeouts() > before, 60_000)
    })
    prove(world.proxy("nats").counts.dropped === world.moments, "not every reply was dropped")
    prove(bridge.counts.died === 0, "a bridge ended by itself")
    return `${world.moments} replies of the bridge were dropped; the bridge was killed after ${bridge.counts.killed} of them`
  },
  afterwards: (world, { duplicates }) => {
    const killed = world.actor("bridge").counts.killed
    // Eight batches may be in flight when a bridge is killed.
    prove(
      duplicates <= killed * 8 * batchSize,
      `${duplicates} duplicates after ${world.moments} lost replies`
    )
    return `${duplicates} records are in Kafka again, each counted once`
  }
})
