/**
 * 38: compacted topics, which reject records without a key. Single events have no key, each in a batch of events with one:
 * it is dead-lettered with Kafka's reason, and all others are stored once.
 */
import { eventually, faultCase, prove } from "../case.ts"
import { setTopics } from "../kafka-admin.ts"

const answer = "(INVALID_RECORD)"

/** A line without the parameter used as the key. */
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
      "the events without a key are dead-lettered",
      async () => (await world.queue.depth()).deadLetters >= moments,
      60_000
    )
    const letters = await world.queue.letters()
    const withReason = letters.filter((text) =>
      (JSON.parse(text) as { detail?: string }).detail?.endsWith(answer)
    )
    prove(withReason.length === moments, `${withReason.length} dead letters have the reason ${answer}`)
    return `Kafka rejected ${withReason.length} records without a key; they were dead-lettered with its reason`
  }
})
