/**
 * The centre as an edge sees it: it takes lines over NATS or HTTP, and each push once by its id. Every failure is one of the
 * line to the centre: it is `unavailable`, so that it never counts against a batch. Keeps no state.
 */
import { Clock, Effect, Redacted } from "effect"
import { readAnswer } from "../../bridge/edge-centre/read-answer.ts"
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
import { messagePackType } from "../../gateway/edge/lines.ts"
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

const overHttp =
  (url: URL, secret: () => string): PushToCentre =>
  (pushed) =>
    Effect.gen(function* () {
      const body = writePushedLines(pushed)
      const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const headers = {
        "content-type": messagePackType,
        [signatureHeader]: signBody(secret(), seconds, body)
      }
      const { status, bytes } = yield* Effect.tryPromise({
        try: async (signal) => {
          const timeout = AbortSignal.any([signal, AbortSignal.timeout(pushTimeoutMs)])
          const sent = { method: "POST", body: Buffer.from(body), headers, signal: timeout } as const
          const response = await fetch(url, { ...sent, redirect: "error" })
          return { status: response.status, bytes: await readAnswer(response) }
        },
        catch: (cause) => unavailable(cause instanceof Error ? cause.message : String(cause))
      })
      if (status !== 200) return yield* unavailable(`it answers ${status}: ${sentenceIn(bytes)}`)
      yield* confirmed(bytes, pushed)
    }).pipe(Effect.mapError(asOutage))

const confirmed = (payload: Uint8Array, pushed: PushedLines): Effect.Effect<unknown, Failure> =>
  Effect.try({ try: () => readPushedReply(payload, pushed), catch: (cause) => cause as Failure })

/** The message of an error response, or its first characters. */
const sentenceIn = (bytes: Uint8Array): string => {
  const text = new TextDecoder().decode(bytes)
  return /"message":"([^"]{1,300})"/.exec(text)?.[1] ?? text.slice(0, 100)
}

const unavailable = (message: string): Failure => new Failure({ reason: "unavailable", message })

const asOutage = ({ reason, message }: Failure): Failure =>
  unavailable(`the centre does not take lines (${reason}): ${message}`)
