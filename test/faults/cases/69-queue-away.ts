/**
 * 69: the queue's Redis is away while deliveries fail for good and rules emit events; every second time the deliverer is
 * killed when the queue has taken one and the answer is lost. Each dead letter and each event is written once.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { readDead } from "../dead.ts"
import { expectedOf, readEvents } from "../reactions/oracle.ts"
import { callRule, emitRule } from "../reactions/rules.ts"
import { reactionsOf, withReactions } from "../reactions/start.ts"
import { readStored } from "../stored.ts"

/** Whether a deliverer sends the queue an emitted event or a dead letter in these bytes. */
const isWrite = (data: Buffer): boolean => /spoor_hops=|"stage":"deliverer"/.test(data.toString("latin1"))

const refused = callRule("tell-shop", "shop", [0, 9], { ends: "dead" })
const emits = emitRule("echo", [5, 24])

export default faultCase({
  number: "69",
  name: "the queue's Redis killed, or its answer lost, while dead letters and emitted events are written",
  short: true,
  requires: withReactions(
    { targets: ["shop"], rules: [refused, emits], hasOwnRedis: true },
    { through: { redis: ["deliverer"] } }
  ),
  expects: { answers: ["503", "reset", "refused", "silent"], twins: true },
  fault: async (world, random) => {
    const { target, watch } = reactionsOf(world)
    await target("shop").become({ status: 400 })
    const deliverer = world.actor("deliverer")
    let most = 0
    await atRandomMoments(world, random, async (round) => {
      await deliverer.up()
      if (round % 2 === 1) {
        await world.proxy("redis").cutReplyTo(isWrite)
        return deliverer.kill()
      }
      await world.redis.kill()
      await pause(random.whole(500, 3_000))
      const { waiting, inFlight } = await watch.ledger()
      most = Math.max(most, waiting + inFlight)
      await world.redis.start()
      await eventually("leases are passed", () => world.passLeases().then(() => true))
    })
    prove(most > 0, "nothing waited while the queue was away")
    return `Redis killed ${world.moments - deliverer.counts.killed} times, up to ${most} dead letters and events waited in the other one; ${deliverer.counts.killed} times the answer to a write was lost and the deliverer killed`
  },
  afterwards: async (world) => {
    const [dead, { emitted }, expected] = await Promise.all([
      readDead(world),
      readStored(world),
      readEvents(world).then((events) => expectedOf([refused, emits], events))
    ])
    const [letters, events] = expected.map(({ bodies }) => [...bodies.keys()].toSorted())
    prove(
      isSame(dead.deliveries, letters ?? []),
      `${dead.deliveries.length} dead letters instead of ${letters?.length}, each once`
    )
    const byId = new Map(
      emitted.map(({ id, query }) => [id, `${new URLSearchParams(query).get("cause")}.echo`] as const)
    )
    prove(
      isSame([...byId.values()], events ?? []),
      `${byId.size} emitted events instead of ${events?.length}, each once`
    )
    return `${dead.deliveries.length} dead letters and ${byId.size} emitted events, each once`
  }
})

const isSame = (found: ReadonlyArray<string>, wanted: ReadonlyArray<string>): boolean =>
  found.length === wanted.length && found.toSorted().every((one, i) => one === wanted[i])
