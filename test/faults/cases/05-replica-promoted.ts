/**
 * 5: the primary Redis is killed and a replica that lags behind is promoted. With QUEUE_CONFIRM=replica no acknowledged
 * event is lost. Drainers are stopped meanwhile: claims, acknowledgements and counts are not confirmed by the replica, so
 * missing ones would be repeated with other event ids.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { readStored } from "../stored.ts"

/** Lag of the replica, milliseconds. */
const lagMs = 25

export default faultCase({
  number: "5",
  name: "primary killed, replica promoted, QUEUE_CONFIRM=replica",
  requires: { replica: true, settings: { QUEUE_CONFIRM: "replica" } },
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world, random) => {
    const { replica } = world
    if (replica === undefined) throw new Error("The world has no replica.")
    replica.link.delay(lagMs)
    await world.group("drainer").scale(0)
    await eventually(
      "the consumers have counted all stored events",
      async () => {
        const { eventIds } = await readStored(world)
        const counts = await world.queue.table("event-counter", "by-type")
        return [...counts.values()].reduce((sum, count) => sum + count, 0) === eventIds
      },
      60_000
    )
    await pause(random.whole(500, 2_000))
    const replication = await world.queue.redis.info("replication")
    const [, master = "0"] = /master_repl_offset:(\d+)/.exec(replication) ?? []
    const [, follower = "0"] = /offset=(\d+)/.exec(replication) ?? []
    const acknowledged = world.load.sent.count("acknowledged")
    await world.redis.kill()
    await replica.promote()
    const waiting = await eventually(
      "the replica responds",
      () => world.queue.redis.llen(world.queueKey),
      60_000
    )
    await world.group("drainer").scale(1)
    prove(Number(master) > Number(follower), "the replica was not behind")
    prove(waiting > 0, "the replica has none of the lines")
    return `the replica was ${Number(master) - Number(follower)} bytes behind when the primary was killed with ${acknowledged} events acknowledged; it had ${waiting} lines`
  }
})
