/**
 * The centre as an edge sees it: it takes lines over NATS or HTTP, and each push once by its id. Every failure is one of the
 * line to the centre: it is `unavailable`, so that it never counts against a batch. Keeps no state.
 */
import { Clock, Effect, Redacted } from "effect"
import { httpCentre } from "../../bridge/edge-centre/http.ts"
import { readBusSettings } from "../../bridge/message-bus/layer.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { newestFormat } from "../../contracts/messages/format.ts"
import {
  type PushedLines,
  pushSubject,
  readPushedReply,
  writePushedLines
} from "../../contracts/messages/pushed-lines.ts"
import { readAll } from "../../contracts/setting.ts"
import { edgeCentre, edgeSecret, secretsIn } from "../../gateway/edge/settings.ts"
import { edgeLinesPath, signatureHeader, signBody } from "../../gateway/edge/signature.ts"
import { Deadline } from "../runtime/deadline.ts"
import { replaceableSecret } from "../runtime/replaceable-secret.ts"
import { currentTraceparent } from "../runtime/telemetry/spans.ts"

/** Succeeds when the queue of the centre has the lines. */
export type PushToCentre = (pushed: PushedLines) => Effect.Effect<void, Failure>

/** How long one push waits for its reply, milliseconds; less than half a lease. */
const pushTimeoutMs = 10_000

export const centreSettings = [edgeCentre, edgeSecret]

/** The centre of the settings; fails with one sentence when they name none. */
export const readCentre = Effect.gen(function* () {
  const { centre, secret } = yield* readAll({ centre: edgeCentre, secret: edgeSecret })
  if (centre === undefined)
    return yield* misconfigured(
      "forwarder needs EDGE_CENTRE: nats, or the address of a gateway of the centre like https://events.example.com"
    )
  if (centre === "nats") {
    if ((yield* readBusSettings).nats === undefined)
      return yield* misconfigured("EDGE_CENTRE=nats needs NATS_URL: the NATS of the centre")
    return { kind: "nats" as const }
  }
  const [own] = secret === undefined ? [] : secretsIn(Redacted.value(secret))
  if (own === undefined || own === "")
    return yield* misconfigured("EDGE_CENTRE with an address needs EDGE_SECRET, the same as in the centre")
  return { kind: "http" as const, url: new URL(edgeLinesPath, centre) }
})

const misconfigured = (message: string) => new Failure({ reason: "misconfigured", message })

/** Pushes to the centre of the settings; signs with the secret of the moment. */
export const makePushToCentre = Effect.gen(function* () {
  const centre = yield* readCentre
  if (centre.kind === "nats") return overNats(yield* MessageBus)
  const { value } = yield* replaceableSecret(edgeSecret)
  return overHttp(centre.url, () => secretsIn(value() ?? "")[0] ?? "")
})

const overNats =
  (bus: MessageBus["Service"]): PushToCentre =>
  (pushed) =>
    Effect.gen(function* () {
      const payload = writePushedLines(pushed)
      const now = yield* Clock.currentTimeMillis
      const deadline = Math.min(now + pushTimeoutMs, yield* Deadline)
      const traceparent = yield* currentTraceparent
      const reply = yield* bus.exchange({
        ...{ subject: pushSubject, payload, deadline, format: newestFormat },
        ...(traceparent === undefined ? {} : { traceparent })
      })
      yield* confirmed(reply.payload, pushed)
    }).pipe(Effect.mapError(asOutage))

const overHttp = (url: URL, secret: () => string): PushToCentre => {
  const centre = httpCentre(url, (body) => ({
    [signatureHeader]: signBody(secret(), Math.floor(Date.now() / 1000), body)
  }))
  return (pushed) =>
    Effect.tryPromise({
      try: () => centre.push(pushed, pushTimeoutMs),
      catch: (cause) => asOutage(cause as Failure)
    })
}

const confirmed = (payload: Uint8Array, pushed: PushedLines): Effect.Effect<unknown, Failure> =>
  Effect.try({ try: () => readPushedReply(payload, pushed), catch: (cause) => cause as Failure })

const asOutage = ({ reason, message }: Failure): Failure =>
  new Failure({ reason: "unavailable", message: `the centre does not take lines (${reason}): ${message}` })
