/**
 * Synchronises rate limits with other gateways ten times a second: publishes what was taken from each bucket and applies
 * the totals. Requests never wait for it: each gateway decides by its own state. While the shared store is unavailable,
 * each gateway limits its clients alone (together they may admit more), and tokens taken meanwhile are not published.
 */
import { Effect, Metric } from "effect"
import type { RateShare } from "../../bridge/rate-share/service.ts"
import type { TokenBuckets } from "../../gateway/guard/token-buckets.ts"

const syncInterval = "100 millis"

/** Names published per round and table, so that a round blocks the server for less than a millisecond. */
const namesPerRound = 500

const failures = Metric.counter("spoor_gateway_rate_share_failures_total", {
  description: "Rounds in which rate limits could not be synchronised; each gateway counted alone.",
  incremental: true
})

/** Runs until it is interrupted; never fails. `now` is the clock of the buckets, milliseconds. */
export const syncRateLimits = (
  share: RateShare["Service"],
  tables: ReadonlyArray<readonly [name: string, buckets: TokenBuckets]>,
  now: () => number
): Effect.Effect<never> => {
  const sharing = share.dependency.outage?.operation({
    isSteady: true,
    meanwhile: "Each gateway limits its clients alone."
  })

  const publish = Effect.fnUntraced(function* (table: string, buckets: TokenBuckets) {
    const spent = buckets.spent(namesPerRound)
    if (spent.length === 0) return
    const untilFullMs = yield* share.spend(table, spent)
    const at = now()
    for (const [index, { name }] of spent.entries()) buckets.update(name, untilFullMs[index] ?? 0, at)
  })

  const round = Effect.forEach(tables, ([table, buckets]) => publish(table, buckets), { discard: true }).pipe(
    Effect.andThen(Effect.sync(() => sharing?.worked())),
    Effect.catch(({ message }) => {
      sharing?.failed(message)
      return Metric.update(failures, 1)
    })
  )

  return Effect.andThen(
    Metric.update(failures, 0),
    Effect.forever(Effect.andThen(round, Effect.sleep(syncInterval)))
  )
}
