/** The gateway's own metrics: refused requests and connections, and events dropped or anonymised for privacy. */
import { Effect, Metric } from "effect"
import { type CountRefused, type RefusedReason, refusedReasons } from "../../gateway/guard/refusal-counter.ts"
import { expiryOf } from "../../gateway/http/certificate-expiry.ts"
import { type CountPrivacy, privacyReasons } from "../../gateway/privacy/privacy.ts"
import { makeResponseFigures } from "./response-figures.ts"

const refused = Metric.counter("spoor_gateway_refused_total", {
  description:
    "Refused requests by reason: write-key, rate-address, rate-key, requests-address (too many in flight), signature (of an edge), bodies (no memory); refused connections: connections (too many), slow (request not complete in time).",
  incremental: true
})
const withheld = Metric.counter("spoor_gateway_privacy_total", {
  description:
    "Events dropped or anonymised, by reason: dnt, gpc, header. A dropped event is answered like a stored one and is in no other metric.",
  incremental: true
})

const expiry = Metric.gauge("spoor_tls_certificate_expiry_timestamp_seconds", {
  description:
    "When the certificate in use, or one of its chain, expires, seconds since 1970. Only with TLS_CERT."
})

/** Shows when this certificate (PEM), which is in use from now on, expires. */
export const showExpiry = (certificate: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const seconds = expiryOf(certificate)
    return seconds === undefined
      ? Effect.void
      : Metric.update(Metric.withAttributes(expiry, { actor: "gateway" }), seconds)
  })

/** The statuses of responses that the connection guard sends itself. */
const guardStatuses: Partial<Record<RefusedReason, number>> = { connections: 503, slow: 408 }

export interface EdgeFigures {
  readonly countResponse: (status: number) => void
  readonly countRefused: CountRefused
  readonly countPrivacy: CountPrivacy
}

/** All series begin at 0. An anonymous header anonymises events; a privacy signal may also drop them. */
const declared = [
  ...refusedReasons.map((reason) => Metric.withAttributes(refused, { reason })),
  ...privacyReasons.map((reason) => Metric.withAttributes(withheld, { outcome: "anonymised", reason })),
  ...(["dnt", "gpc"] as const).map((reason) =>
    Metric.withAttributes(withheld, { outcome: "dropped", reason })
  )
]

export const edgeFigures = Effect.gen(function* () {
  yield* Effect.forEach(declared, (series) => Metric.update(series, 0), { discard: true })
  const context = yield* Effect.context<never>()
  const run = Effect.runSyncWith(context)
  const countResponse = makeResponseFigures(context)
  return {
    countResponse,
    countRefused: (reason: RefusedReason) => {
      const status = guardStatuses[reason]
      if (status !== undefined) countResponse(status)
      run(Metric.update(Metric.withAttributes(refused, { reason }), 1))
    },
    countPrivacy: (outcome, reason) =>
      run(Metric.update(Metric.withAttributes(withheld, { outcome, reason }), 1))
  } satisfies EdgeFigures
})
