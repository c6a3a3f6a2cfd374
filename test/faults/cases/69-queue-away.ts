/**
 * 69: the queue's Redis is away while deliveries fail for good and rules emit events. The dead letters and the events are
 * written when it is back, each once.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { readDead } from "../dead.ts"
import { expectedOf, reactionsProof, readEvents } from "../reactions/oracle.ts"
import { callRule, emitRule } from "../reactions/rules.ts"
import { reactionsOf, withReactions } from "../reactions/start.ts"
import { readStored } from "../stored.ts"

const refused = callRule("tell-shop", "shop", [0, 9], { ends: "dead" })
const emits = emitRule("echo", [5, 24])

export default faultCase({
  number: "69",
  name: "the queue's Redis killed while dead letters and emitted events are to be written",
  short: true,
  requires: withReactions({ targets: ["shop"], rules: [refused, emits], hasOwnRedis: true }),
  expects: { answers: ["503", "reset", "refused", "silent"], twins: true },
  fault: async (world, random) => {
    const { target, watch } = reactionsOf(world)
    await target("shop").become({ status: 400 })
    let most = 0
    await atRandomMoments(world, random, async () => {
      await world.redis.kill()
      await pause(random.whole(500, 3_000))
      const { waiting, inFlight } = await watch.ledger()
      most = Math.max(most, waiting + inFlight)
      await world.redis.start()
      await eventually("leases are passed", () => world.passLeases().then(() => true))
    })
    prove(most > 0, "nothing waited while the queue was away")
    return `killed ${world.moments} times; up to ${most} dead letters and events waited in the other Redis`
  },
  afterwards: async (world) => {
    const proof = await reactionsProof(world)
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
    return `${dead.deliveries.length} dead letters and ${byId.size} emitted events, each once; ${proof}`
  }
})

const isSame = (found: ReadonlyArray<string>, wanted: ReadonlyArray<string>): boolean =>
  found.length === wanted.length && found.toSorted().every((one, i) => one === wanted[i])
