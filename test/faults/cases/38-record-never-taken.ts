/**
 * 38: compacted topics, which take no record without a key. Single events have none, each in a batch of others that do:
 * that one is set aside with Kafka's reason, and everything else is stored, once.
 */
import { eventually, faultCase, prove } from "../case.ts"
import { setTopics } from "../kafka-admin.ts"

const answer = "(INVALID_RECORD)"

/** A line without the parameter that becomes the key. */
const lineOf = (n: number): Buffer =>
  Buffer.from(`8.8.8.8 1795206900000 h 10.0.0.1 /t/keyless number=${n} agent`)

export default faultCase({
  number: "38",
  name: "a record that Kafka will never take, among others (compacted topic, no key)",
  requires: { settings: { KAFKA_KEY_PARAM: "id" } },
  expects: { duplicates: 0 },
  fault: async (world) => {
    await setTopics(world, [world.topic, world.otherTopic], { "cleanup.policy": "compact" })
    await world.group("drainer").scale(0)
    await eventually("many lines wait", async () => (await world.queue.depth()).waiting > 2_000, 60_000)
    const { moments } = world
    await world.load.push(moments, lineOf, "refused by the log")
    await world.group("drainer").scale(1)
    await eventually(
      "the events without a key are set aside",
      async () => (await world.queue.depth()).deadLetters >= moments,
      60_000
    )
    const letters = await world.queue.letters()
    const told = letters.filter((text) => (JSON.parse(text) as { detail?: string }).detail?.endsWith(answer))
    prove(told.length === moments, `${told.length} dead letters say ${answer}`)
    return `Kafka refused ${told.length} records that had no key, by name; they were set aside with its reason`
  }
})
