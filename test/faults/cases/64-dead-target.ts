/**
 * 64: a target hangs, refuses connections and fails while events pass. The calls of another target are as fast as before, the
 * deliverer's memory does not grow with what waits, and everything is delivered when the target is back. The full form,
 * ten minutes at 500 events a second: `bun run faults 64 --events 300000 --rate 500 --moments 3`.
 */
import { Effect } from "effect"
import type { TargetName } from "../../../contracts/reactions/delivery.ts"
import { eventually, faultCase, pause, prove } from "../case.ts"
import { residentMegabytes } from "../memory.ts"
import { callRule } from "../reactions/rules.ts"
import { reactionsOf, withReactions } from "../reactions/start.ts"
import { delays, percentile, type TargetMode } from "../reactions/target.ts"

/** How long a call may take, ms: a call of the other target that waited for one of the dead target is at least that late. */
const timeoutMs = 5_000

/** How long events pass before the fault, ms. */
const calmMs = 4_000

/** The maximum growth of the deliverer's memory from the first half of the outage to the second, megabytes. */
const maxGrowth = 48

const modes: ReadonlyArray<TargetMode> = ["hangs", "refuses", { status: 503, retryAfter: "1" }]

let calm: readonly [number, number] = [0, 0]
let outage: readonly [number, number] = [0, 0]

export default faultCase({
  number: "64",
  name: "a target hangs, refuses and fails while another one works",
  short: true,
  requires: withReactions(
    {
      targets: ["dead", "shop"],
      rules: [callRule("tell-dead", "dead", [0, 39]), callRule("tell-shop", "shop", [0, 39])]
    },
    { settings: { DELIVER_TIMEOUT: `${timeoutMs}ms`, DELIVER_TARGET_CONCURRENCY: "32" } }
  ),
  fault: async (world) => {
    const { target, watch } = reactionsOf(world)
    const dead = target("dead")
    const deliverer = world.actor("deliverer")
    // The backlog of the start is gone.
    await eventually(
      "calls follow their events within a second",
      () => {
        const recent = delays(target("shop"), [Date.now() - 2_000, Date.now() - 1_000])
        return recent.length > 0 && percentile(recent, 90) < 1_000
      },
      60_000,
      200
    )
    calm = [Date.now(), Date.now() + calmMs]
    await pause(calmMs)

    const lasts = Math.max(12_000, (1_000 * world.load.events) / world.load.rate)
    const sizes: Array<number> = []
    const begun = Date.now()
    let most = 0
    for (const mode of modes) {
      await dead.become(mode)
      const end = Date.now() + lasts / modes.length
      while (Date.now() < end) {
        await pause(500)
        sizes.push(residentMegabytes(deliverer.pid()))
        most = Math.max(most, (await watch.ledger()).waiting)
      }
    }
    outage = [begun, Date.now()]
    await dead.become("answers")
    // A person who knows that the target is back need not wait for its breaker and for the retries of its deliveries.
    if (world.isShort) await watch.run((store) => Effect.asVoid(store.resume(dead.origin as TargetName)))

    const half = Math.ceil(sizes.length / 2)
    const grown = Math.max(...sizes.slice(half)) - Math.max(...sizes.slice(0, half))
    prove(most > world.load.rate, `only ${most} deliveries waited at once`)
    prove(grown < maxGrowth, `the deliverer's memory grew by ${grown} MB in the second half of the outage`)
    return `${Math.round((outage[1] - outage[0]) / 1000)} s without the target, up to ${most} deliveries waited; the deliverer took ${Math.max(...sizes)} MB at most, in the second half ${grown} MB more than in the first`
  },
  afterwards: (world) => {
    const { target } = reactionsOf(world)
    const [before, during] = [delays(target("shop"), calm), delays(target("shop"), outage)]
    const [usual, then] = [percentile(before, 99), percentile(during, 99)]
    prove(before.length > 0 && during.length > 0, "the other target was not called all the time")
    prove(
      then < usual + timeoutMs / 2,
      `the other target's p99 was ${usual} ms, and ${then} ms during the outage`
    )
    return `the other target's p99 from record to call was ${usual} ms before and ${then} ms meanwhile (${before.length} and ${during.length} calls)`
  }
})
