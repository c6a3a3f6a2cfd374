/** Makes the HTTP call of a delivery: signs it, sends it, and judges what came back. */
import { Clock, Effect, Result } from "effect"
import type { CallFailure } from "../../bridge/outgoing-http/call-failure.ts"
import type { OutgoingAnswer, OutgoingHttp } from "../../bridge/outgoing-http/outgoing-http.ts"
import type { ClaimedDelivery } from "../../bridge/reaction-store/service.ts"
import type { Answer } from "../../contracts/reactions/delivery.ts"
import packageJson from "../../package.json" with { type: "json" }
import type { RenderedCall, Renderer } from "../rules/render.ts"
import { type Attempt, impossible } from "./attempt.ts"
import type { CallFigures } from "./figures.ts"
import { webhookHeaders } from "./sign.ts"
import type { SigningKeys } from "./signing-keys.ts"
import { type Verdict, verdictOn, verdictOnFailure } from "./verdict.ts"

/** A rendered call or message. */
export interface TargetCall extends Omit<RenderedCall, "body"> {
  readonly body: string | Uint8Array | undefined
  /** Its path and query are a secret of the device, so people see the origin only. */
  readonly isPrivate: boolean
  readonly traceparent: string | undefined
}

export interface Caller {
  readonly http: OutgoingHttp
  readonly renderer: () => Renderer
  readonly keys: SigningKeys
  readonly figures: CallFigures
  /** `DELIVER_TIMEOUT`. */
  readonly timeoutMs: number
}

export interface Called extends Attempt {
  readonly response: OutgoingAnswer | undefined
}

/** Never fails: whatever happens to a call is a part of its verdict. */
export const callTarget = Effect.fnUntraced(function* (
  { http, renderer, keys, figures, timeoutMs }: Caller,
  { id, attempt }: ClaimedDelivery,
  call: TargetCall
): Effect.fn.Return<Called> {
  const { reveal } = renderer()
  const signing = keys.of(call.sign)
  if (typeof signing === "string") return { ...impossible(signing), response: undefined }
  const url = reveal(call.url)
  const body = typeof call.body === "string" ? reveal(call.body) : call.body
  const begun = yield* Clock.currentTimeMillis
  const shown = [
    ...call.headers.filter(([name]) => !/^webhook-(id|timestamp|signature)$/i.test(name)),
    ...standardHeaders(call),
    ...webhookHeaders(id, Math.floor(begun / 1000), body, signing)
  ]
  const request = {
    ...{ method: call.method, url, body, timeoutMs: call.timeoutMs ?? timeoutMs },
    headers: shown.map(([name, value]) => [name, reveal(value)] as const),
    takesRedirect: call.accepts
  }
  figures.began()
  const outcome = yield* Effect.result(http.send(request)).pipe(
    Effect.ensuring(Effect.sync(() => figures.ended()))
  )
  const now = yield* Clock.currentTimeMillis
  const response = Result.getOrUndefined(outcome)
  figures.called(response?.status, now - begun)
  return {
    verdict: verdictOf(outcome, call, now),
    response,
    ...(response === undefined ? {} : { answer: { as: call.as, value: answerOf(response) } }),
    call: {
      ...{ id, attempt, method: call.method, headers: shown, body: call.body, answer: response },
      url: call.isPrivate && URL.canParse(url) ? `${new URL(url).origin}/…` : call.url,
      error: Result.isFailure(outcome) ? outcome.failure.message : undefined,
      ms: now - begun
    }
  }
})

const verdictOf = (
  outcome: Result.Result<OutgoingAnswer, CallFailure>,
  { accepts }: TargetCall,
  now: number
): Verdict =>
  Result.match(outcome, {
    onSuccess: (answer) => verdictOn(answer, accepts, now),
    onFailure: verdictOnFailure
  })

/** Headers that a rule may set itself. */
const standardHeaders = ({
  headers,
  traceparent
}: TargetCall): ReadonlyArray<readonly [name: string, value: string]> => {
  const standard = [
    ["user-agent", `spoor/${packageJson.version}`] as const,
    ...(traceparent === undefined ? [] : [["traceparent", traceparent] as const])
  ]
  return standard.filter(([name]) => !headers.some(([given]) => given.toLowerCase() === name))
}

/** The answer as later steps read it. */
const answerOf = ({ status, body }: OutgoingAnswer): Answer => {
  try {
    const json: unknown = JSON.parse(body)
    return isDeeper(json, maxLevels) ? { status, body } : { status, body, json }
  } catch {
    return { status, body }
  }
}

/** Levels of JSON that are kept: whatever reads it later goes down once for each. */
const maxLevels = 100

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1)))
