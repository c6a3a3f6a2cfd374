/**
 * 31: an administrator revokes the right to write to a topic and restores it; then deletes the topic and creates it
 * again. No event uses up an attempt: all events wait, and are stored without a restart of an actor.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { asAdmin } from "../kafka-admin.ts"
import { readStored } from "../stored.ts"
import type { World } from "../world.ts"

/** Everything is allowed until a topic has its own rules. */
const kafkaSettings = {
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "allow.everyone.if.no.acl.found": "true"
}

/** Numbers in Kafka's protocol. */
const [topicKind, literal, allOperations, write, deny, allow] = [2, 3, 2, 4, 2, 3]

const outageMs = 10_000

const countInLogs = (world: World, word: string): number =>
  world.group("drainer").output().split(word).length - 1

/** Waits until a drainer logs the cause, and for `outageMs` more. Returns the number of events acknowledged meanwhile. */
const backlogOf = async (world: World, word: string): Promise<number> => {
  const before = countInLogs(world, word)
  await eventually(`batches are released: ${word}`, () => countInLogs(world, word) > before, 60_000)
  const acknowledged = world.load.sent.count("acknowledged")
  await pause(outageMs)
  const kept = world.load.sent.count("acknowledged") - acknowledged
  const { deadLetters } = await world.queue.depth()
  const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
  prove(kept > 0, `no event was acknowledged (${word})`)
  prove(deadLetters === 0 && attempts === 0, `an event used up an attempt or was dead-lettered (${word})`)
  return kept
}

const untilDrained = (world: World): Promise<boolean> =>
  eventually("the backlog is drained", async () => (await world.queue.depth()).waiting < 1_000, 180_000)

/** Returns when the consumers have counted all records in Kafka. No drainer runs now, so none are added. */
const untilCounted = (world: World): Promise<boolean> =>
  eventually(
    "the consumers have counted all stored events",
    async () => {
      const { eventIds } = await readStored(world)
      const tables = await Promise.all([
        world.queue.table("event-counter", "by-type"),
        world.queue.table("metadata-counter", "by-address")
      ])
      return tables.every((table) => [...table.values()].reduce((sum, count) => sum + count, 0) === eventIds)
    },
    60_000
  )

export default faultCase({
  number: "31",
  name: "the right to write to a topic taken away; the topic deleted",
  requires: { kafka: "own", kafkaSettings },
  fault: async (world) => {
    const rule = {
      resourceType: topicKind,
      resourceName: world.topic,
      resourcePatternType: literal,
      host: "*"
    }
    const forbidden = { ...rule, principal: "User:ANONYMOUS", operation: write, permissionType: deny }
    await asAdmin(world, (admin) =>
      admin.createAcls({
        acl: [{ ...forbidden, operation: allOperations, permissionType: allow }, forbidden]
      })
    )
    const first = await backlogOf(world, "TOPIC_AUTHORIZATION_FAILED")
    await asAdmin(world, (admin) => admin.deleteAcls({ filters: [forbidden] }))
    await untilDrained(world)

    // The records are deleted with the topic on purpose, so all of them must be known before.
    await world.group("drainer").scale(0)
    await untilCounted(world)
    const removed = await world.putAway(world.topic)
    await asAdmin(world, (admin) => admin.deleteTopics({ topics: [world.topic] }))
    await world.group("drainer").scale(1)
    const second = await backlogOf(world, world.topic)
    await asAdmin(world, (admin) =>
      admin.createTopics({ topics: [{ topic: world.topic, numPartitions: 3 }] })
    )

    return `${first} events were acknowledged while writing was forbidden, ${second} while the topic, deleted with ${removed} records, was missing`
  }
})
