/**
 * The last calls as people see them. What a rule wrote into a call may hold a masked value in any encoding and any place,
 * so with VIEWER_MASK only method, origin, status and duration are shown. Pure.
 */
import { Option, Schema } from "effect"
import type { CallRecord } from "../../../bridge/reaction-store/service.ts"
import { type Mask, maskedText } from "../../inspect/events/mask.ts"
import type { CallView, Headers } from "./messages.ts"

const HeaderList = Schema.Union([
  Schema.Array(Schema.Tuple([Schema.String, Schema.String])),
  Schema.Record(Schema.String, Schema.String)
])
const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullishOr(schema))

/** `CallRecord.text`. A part that a deliverer of another version writes differently is left out, not the whole call. */
const CallText = Schema.Struct({
  id: maybe(Schema.String),
  attempt: maybe(Schema.Finite),
  method: maybe(Schema.String),
  url: maybe(Schema.String),
  requestHeaders: maybe(HeaderList),
  requestBody: maybe(Schema.String),
  status: maybe(Schema.Finite),
  answerHeaders: maybe(HeaderList),
  answerBody: maybe(Schema.String),
  error: maybe(Schema.String),
  ms: maybe(Schema.Finite),
  outcome: maybe(Schema.String)
})
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(CallText))

/** A text that cannot be read is shown as the error. */
export const callView = ({ at, rule, target, text }: CallRecord, mask: Mask): CallView => {
  const call: typeof CallText.Type = Option.getOrElse(decode(text), () => ({ error: text }))
  const seen = mask.isOn ? masked(call) : call
  return {
    at,
    rule,
    target,
    id: seen.id ?? "",
    attempt: seen.attempt ?? null,
    method: seen.method ?? "",
    url: seen.url ?? "",
    requestHeaders: pairsOf(seen.requestHeaders),
    requestBody: seen.requestBody ?? "",
    status: seen.status ?? null,
    answerHeaders: pairsOf(seen.answerHeaders),
    answerBody: seen.answerBody ?? "",
    error: seen.error ?? "",
    ms: seen.ms ?? null,
    outcome: seen.outcome ?? ""
  }
}

const pairsOf = (headers: typeof HeaderList.Type | null | undefined): Headers => {
  if (headers === null || headers === undefined) return []
  return Array.isArray(headers) ? (headers as Headers) : Object.entries(headers as Record<string, string>)
}

const masked = (call: typeof CallText.Type): typeof CallText.Type => ({
  ...call,
  url: maskedUrl(call.url ?? ""),
  requestHeaders: [],
  requestBody: maskedPart(call.requestBody),
  answerHeaders: [],
  answerBody: maskedPart(call.answerBody),
  error: maskedPart(call.error)
})

const maskedPart = (text: string | null | undefined): string => ((text ?? "") === "" ? "" : maskedText)

/** The origin stays: it is the target's name. */
const maskedUrl = (url: string): string => {
  if (url === "") return ""
  return URL.canParse(url) ? `${new URL(url).origin}/${maskedText}` : maskedText
}
