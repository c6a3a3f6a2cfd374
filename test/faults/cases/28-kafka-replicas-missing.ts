/**
 * 28: Kafka has too few replicas to store records: first a topic requires three and one broker is down, then two of three
 * brokers are down. Kafka confirms nothing, the backlog stays in Redis, no event uses up an attempt.
 * (These brokers are their own controllers: with two of them down no broker can report missing replicas, and a send times
 * out. Hence the first part, in which Kafka reports NOT_ENOUGH_REPLICAS.)
 */
import { clusterIsWhole, countRecords } from "../../support/kcat.ts"
import { eventually, faultCase, pause, prove } from "../case.ts"
import { setTopics } from "../kafka-admin.ts"
import type { World } from "../world.ts"

const outageMs = 20_000

/**
 * Proves the outage: events are acknowledged, none of them is stored, and no attempt is used up. Returns the number of
 * events that were acknowledged meanwhile.
 */
const backlogOf = async (world: World, what: string): Promise<number> => {
  const countEvents = async () => ({
    acknowledged: world.load.sent.count("acknowledged"),
    // With two of three brokers down, some partitions cannot be read.
    stored: await countRecords(world.brokers, world.topic, 3).catch(() => undefined)
  })
  // Sends in flight may still end.
  await pause(5_000)
  const before = await countEvents()
  await pause(outageMs)
  const after = await countEvents()
  const { deadLetters } = await world.queue.depth()
  const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
  const kept = after.acknowledged - before.acknowledged
  prove(after.stored === before.stored, `${before.stored} records became ${after.stored} ${what}`)
  prove(kept > 0, `no event was acknowledged ${what}`)
  prove(attempts === 0, `${attempts} attempts were used up ${what}`)
  prove(deadLetters === 0, `${deadLetters} dead letters were written ${what}`)
  return kept
}

const whole = (world: World): Promise<boolean> =>
  eventually("the cluster is whole", () => clusterIsWhole(world.brokers, world.kafka.length), 120_000)

export default faultCase({
  number: "28",
  name: "Kafka with too few replicas: NOT_ENOUGH_REPLICAS, two of three brokers dead",
  requires: { kafka: "three" },
  fault: async (world) => {
    const [, second, third] = world.kafka
    const topics = [world.topic, world.otherTopic]
    await setTopics(world, topics, { "min.insync.replicas": "3" })
    await third?.kill()
    const refused = (): number => world.group("drainer").output().split("NOT_ENOUGH_REPLICAS").length - 1
    await eventually("Kafka reports that replicas are missing", () => refused() > 0, 60_000)
    const first = await backlogOf(world, "while a replica was missing")
    const refusals = refused()
    await third?.start()
    await whole(world)
    await setTopics(world, topics, { "min.insync.replicas": "2" })
    await eventually(
      "the first backlog is drained",
      async () => (await world.queue.depth()).waiting < 1_000,
      180_000
    )

    await Promise.all([second?.kill(), third?.kill()])
    const after = await backlogOf(world, "while two of three brokers were down")
    await Promise.all([second?.start(), third?.start()])
    await whole(world)
    return `Kafka reported NOT_ENOUGH_REPLICAS ${refusals} times and ${first} events were acknowledged and stayed in Redis; with two of three brokers down ${after}; none used up an attempt`
  }
})
