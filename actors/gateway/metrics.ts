/** What the edge counts beside the figures of every actor: requests that were refused, events that people kept back. */
import { Effect, Metric } from "effect"
import type { CountRefused, RefusedReason } from "../../gateway/guard/refusal-counter.ts"
import type { CountPrivacy } from "../../gateway/privacy/privacy.ts"

const refused = Metric.counter("spoor_gateway_refused_total", {
  description:
    "Requests refused by reason: write-key, rate-address, rate-key, requests-address (too many under way), bodies (no memory); connections refused: connections (too many), slow (asked for too long).",
  incremental: true
})
const withheld = Metric.counter("spoor_gateway_privacy_total", {
  description:
    "Events dropped or anonymised, by reason: dnt, gpc, header. A dropped event is answered as taken and in no other figure.",
  incremental: true
})

export interface EdgeFigures {
  readonly countRefused: CountRefused
  readonly countPrivacy: CountPrivacy
}

export const edgeFigures = Effect.gen(function* () {
  const run = Effect.runSyncWith(yield* Effect.context<never>())
  return {
    countRefused: (reason: RefusedReason) =>
      run(Metric.update(Metric.withAttributes(refused, { reason }), 1)),
    countPrivacy: (outcome, reason) =>
      run(Metric.update(Metric.withAttributes(withheld, { outcome, reason }), 1))
  } satisfies EdgeFigures
})
