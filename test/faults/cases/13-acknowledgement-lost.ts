/**
 * 13: Kafka has confirmed a batch, and the drainer dies before Redis is told. The batch must come again: its events
 * stand twice in Kafka, under the same ids, and are counted once.
 */
import { createHash } from "node:crypto"
import { ackScript } from "../../../bridge/ingest-queue/scripts.ts"
import { readTopic } from "../../support/kcat.ts"
import { atRandomMoments, faultCase, prove } from "../case.ts"

const sha = createHash("sha1").update(ackScript).digest("hex")
const lost: Array<string> = []

export default faultCase({
  number: "13",
  name: "drainer killed after Kafka confirmed, before Redis knew",
  short: true,
  needs: { through: { redis: ["drainer"] } },
  fault: async (world, random) => {
    lost.length = 0
    const drainer = world.actor("drainer")
    await atRandomMoments(world, random, async () => {
      await drainer.up()
      let batch = ""
      await world.proxy("redis").cutBefore((data) => {
        const text = data.toString("latin1")
        const at = text.indexOf(sha)
        if (at === -1) return false
        // The batch's key: behind the keys, which have the queue's name in braces.
        batch = /\r\n([0-9a-f]{32}(?::\d+-\d+)?)\r\n/.exec(text.slice(at + sha.length))?.[1] ?? ""
        return batch !== ""
      })
      await drainer.kill()
      lost.push(batch)
      await world.passLeases()
    })
    return `${lost.length} drainers were killed just when they told Redis that a batch is stored`
  },
  afterwards: async (world) => {
    const copies = new Map<string, number>()
    for (const topic of [world.topic, world.otherTopic])
      for (const { headers } of await readTopic(world.brokers, topic)) {
        const id = headers.id ?? ""
        copies.set(id, (copies.get(id) ?? 0) + 1)
      }
    const twice = lost.filter((batch) =>
      [...copies].some(([id, count]) => id.startsWith(`${batch.slice(0, 32)}-`) && count > 1)
    )
    prove(twice.length === lost.length, `of ${lost.length} batches ${twice.length} came again`)
    return `each of these batches is in Kafka twice, and counted once`
  }
})
