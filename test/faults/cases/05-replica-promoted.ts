/**
 * 5: the primary Redis dies and a replica that is a little behind takes its place. With QUEUE_CONFIRM=replica no event that
 * was acknowledged is lost. Drainers stand still meanwhile: claims, acknowledgements and counts are not waited for, so
 * what of them the replica has not got yet is done again, and seen as another event.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { readStored } from "../stored.ts"

/** How far the replica is behind, milliseconds. */
const lag = 25

export default faultCase({
  number: "5",
  name: "primary killed, replica promoted, QUEUE_CONFIRM=replica",
  requires: { replica: true, settings: { QUEUE_CONFIRM: "replica" } },
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world, random) => {
    const { replica } = world
    if (replica === undefined) throw new Error("There is no replica.")
    replica.link.delay(lag)
    await world.group("drainer").scale(0)
    await eventually(
      "the consumers have counted what is stored",
      async () => {
        const { eventIds } = await readStored(world)
        const counts = await world.queue.table("event-counter", "by-type")
        return [...counts.values()].reduce((sum, count) => sum + count, 0) === eventIds
      },
      60_000
    )
    await pause(random.whole(500, 2_000))
    const told = await world.queue.redis.info("replication")
    const [, master = "0"] = /master_repl_offset:(\d+)/.exec(told) ?? []
    const [, follower = "0"] = /offset=(\d+)/.exec(told) ?? []
    const acknowledged = world.load.sent.count("acknowledged")
    await world.redis.kill()
    await replica.promote()
    const waiting = await eventually(
      "the replica answers",
      () => world.queue.redis.llen(world.queueKey),
      60_000
    )
    await world.group("drainer").scale(1)
    prove(Number(master) > Number(follower), "the replica was not behind")
    prove(waiting > 0, "the replica has none of the lines")
    return `the replica was ${Number(master) - Number(follower)} bytes behind when the primary died with ${acknowledged} events acknowledged; it had ${waiting} lines`
  }
})
