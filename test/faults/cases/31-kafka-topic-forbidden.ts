/**
 * 31: an administrator takes away the right to write to a topic and gives it back; then deletes the topic and makes it
 * anew. Neither is an event's fault: all waits, and goes on without anybody being restarted.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { asAdmin } from "../kafka-admin.ts"
import { readStored } from "../stored.ts"
import type { World } from "../world.ts"

/** Everybody may do everything here until a topic has rules of its own. */
const kafkaSettings = {
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "allow.everyone.if.no.acl.found": "true"
}

/** As Kafka's protocol numbers them. */
const [topicKind, literal, allOperations, write, deny, allow] = [2, 3, 2, 4, 2, 3]

const downFor = 10_000

const said = (world: World, word: string): number => world.group("drainer").output().split(word).length - 1

/** Waits until a drainer is told why nothing can be stored, and a while longer. Returns how many events were acknowledged meanwhile. */
const backlogOf = async (world: World, word: string): Promise<number> => {
  const before = said(world, word)
  await eventually(`batches are released: ${word}`, () => said(world, word) > before, 60_000)
  const acknowledged = world.load.sent.count("acknowledged")
  await pause(downFor)
  const kept = world.load.sent.count("acknowledged") - acknowledged
  const { deadLetters } = await world.queue.depth()
  const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
  prove(kept > 0, `no event was acknowledged (${word})`)
  prove(deadLetters === 0 && attempts === 0, `an event was blamed (${word})`)
  return kept
}

const untilDrained = (world: World): Promise<boolean> =>
  eventually("the backlog is drained", async () => (await world.queue.depth()).waiting < 1_000, 180_000)

/** Returns when the consumers have counted all that is in Kafka, and no more comes: nobody drains now. */
const untilCounted = (world: World): Promise<boolean> =>
  eventually(
    "the consumers have counted what is stored",
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

    // What is in the topic goes with it, by the administrator's own act: so it must be known, all of it.
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
