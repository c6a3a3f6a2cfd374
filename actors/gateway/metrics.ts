/** The gateway's own metrics: refused requests and connections, and events dropped or anonymised for privacy. */
import { Effect, Metric } from "effect"
import type { CountRefused, RefusedReason } from "../../gateway/guard/refusal-counter.ts"
import type { CountPrivacy } from "../../gateway/privacy/privacy.ts"

const refused = Metric.counter("spoor_gateway_refused_total", {
  description:
    "Refused requests by reason: write-key, rate-address, rate-key, requests-address (too many in flight), bodies (no memory); refused connections: connections (too many), slow (request not complete in time).",
  incremental: true
})
const withheld = Metric.counter("spoor_gateway_privacy_total", {
  description:
    "Events dropped or anonymised, by reason: dnt, gpc, header. A dropped event is answered like a stored one and is in no other metric.",
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
