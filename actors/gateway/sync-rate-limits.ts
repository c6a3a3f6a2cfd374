/**
 * Tells other gateways what this one has let addresses and keys send, ten times a second, and learns what they let. A
 * request never waits for that: each gateway decides by what it knows. While the other side is away each gateway holds
 * its clients to the limits alone (so that together they may let through more), and what it spent meanwhile is forgotten.
 */
import { Effect, Metric } from "effect"
import type { RateShare } from "../../bridge/rate-share/service.ts"
import type { TokenBuckets } from "../../gateway/guard/token-buckets.ts"

const pause = "100 millis"

/** Names told in one round, per table: a round holds the server up for less than a millisecond. */
const namesPerRound = 500

const failures = Metric.counter("spoor_gateway_rate_share_failures_total", {
  description: "Rounds in which rate limits could not be shared; each gateway counted alone.",
  incremental: true
})

/** Goes on until it is interrupted; never fails. `now` is the clock of the buckets, milliseconds. */
export const syncRateLimits = (
  share: RateShare["Service"],
  tables: ReadonlyArray<readonly [name: string, buckets: TokenBuckets]>,
  now: () => number
): Effect.Effect<never> => {
  let isAway = false

  const tell = Effect.fnUntraced(function* (table: string, buckets: TokenBuckets) {
    const spent = buckets.spent(namesPerRound)
    if (spent.length === 0) return
    const ahead = yield* share.spend(table, spent)
    const at = now()
    for (const [place, { name }] of spent.entries()) buckets.learn(name, ahead[place] ?? 0, at)
  })

  const round = Effect.forEach(tables, ([table, buckets]) => tell(table, buckets), { discard: true }).pipe(
    Effect.andThen(
      Effect.suspend(() => {
        if (!isAway) return Effect.void
        isAway = false
        return Effect.logInfo("Rate limits are shared again.")
      })
    ),
    Effect.catch((failure) =>
      Effect.suspend(() => {
        const said = isAway
          ? Effect.void
          : Effect.logWarning(`Rate limits cannot be shared, each gateway counts alone: ${failure.message}`)
        isAway = true
        return Effect.andThen(said, Metric.update(failures, 1))
      })
    )
  )

  return Effect.forever(Effect.andThen(round, Effect.sleep(pause)))
}
