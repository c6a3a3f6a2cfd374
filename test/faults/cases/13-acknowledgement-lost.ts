/**
 * 13: Kafka has confirmed a batch, and the drainer is killed before it acknowledges the batch in Redis. The batch must be
 * claimed again and counted once. Every second time the bridge is killed too, so that it has forgotten the batch and stores
 * it again under the same ids.
 */
import { ackScript } from "../../../bridge/ingest-queue/redis/scripts.ts"
import { readTopic } from "../../support/kcat.ts"
import { atRandomMoments, faultCase, prove } from "../case.ts"
import { sentSha } from "../sent-sha.ts"
import type { World } from "../world.ts"

const sha = sentSha(ackScript)

/** The batch of the acknowledgement in these bytes to Redis; undefined without an acknowledgement. */
const acknowledged = (data: Buffer): string | undefined => {
  const text = data.toString("latin1")
  const at = text.indexOf(sha)
  return at === -1 ? undefined : /\r\n([0-9a-f]{32}(?::\d+-\d+)?)\r\n/.exec(text.slice(at + sha.length))?.[1]
}

/** Whether an event of this batch is among the last records. */
const isStored = async (world: World, batch: string): Promise<boolean> => {
  const topics = [world.topic, world.otherTopic]
  const records = await Promise.all(topics.map((topic) => readTopic(world.brokers, topic, "-o", "-5000")))
  return records.flat().some(({ headers }) => headers.id?.startsWith(`${batch.slice(0, 32)}-`) === true)
}

export default faultCase({
  number: "13",
  name: "drainer killed after Kafka confirmed, before Redis knew",
  short: true,
  requires: { through: { redis: ["drainer"] } },
  fault: async (world, random) => {
    const [drainer, bridge] = [world.actor("drainer"), world.actor("bridge")]
    let strikes = 0
    await atRandomMoments(world, random, async (round) => {
      await drainer.up()
      let batch = ""
      await world.proxy("redis").cutBefore((data) => {
        batch = acknowledged(data) ?? ""
        return batch !== ""
      })
      await drainer.kill()
      const isClaimed = (await world.queue.claimed()).includes(batch)
      if (isClaimed && (await isStored(world, batch))) strikes += 1
      if (round % 2 === 1) {
        await bridge.kill()
        await bridge.up()
      }
      await world.passLeases()
    })
    prove(
      strikes === world.moments,
      `only ${strikes} of ${world.moments} batches were in Kafka and still in Redis`
    )
    return `${strikes} times a batch was in Kafka and still claimed in Redis, and its drainer killed`
  },
  afterwards: (world, { duplicates }) => {
    if (world.moments > 1) prove(duplicates > 0, "nothing was stored again although the bridge was killed")
    return `${duplicates} records are in Kafka again, each counted once`
  }
})
