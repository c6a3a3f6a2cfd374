/** Reads one event of a batch, `{event, params, ts?, id?}`, or says what is wrong with it. */
import { Schema } from "effect"
import { ClientEventId } from "../../contracts/client-event-id.ts"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import type { NewEvent } from "../accept-events.ts"
import { type Bounded, type Json, JsonNumber, JsonObject } from "../http/body/json.ts"
import { flattened, joinedQueries, parameter } from "./flatten-json.ts"
import { parametersExceedLimit } from "./limits.ts"

/**
 * `ts` is the time of the event by the client's clock, in the client's format: it becomes the parameter `ts`; the line
 * has the time at which the gateway received the event.
 */
export const BatchEvent = Schema.Struct({
  event: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(256)),
  params: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  ts: Schema.optionalKey(Schema.Union([Schema.String.check(Schema.isMaxLength(64)), Schema.Finite])),
  id: Schema.optionalKey(Schema.Union([ClientEventId, Schema.Finite]))
})

/** A valid event, or the reason why it is invalid. */
export type ReadEvent = { readonly event: NewEvent } | { readonly reason: string }

const isEvent = Schema.is(BatchEvent.fields.event)
const isTime = Schema.is(Schema.Union([Schema.String.check(Schema.isMaxLength(64)), Schema.Finite]))
const isId = Schema.is(Schema.Union([ClientEventId, Schema.Finite]))

const names = ["event", "params", "ts", "id"] as const
type Name = (typeof names)[number]

/** Reads one value of a batch; `id` is used for an event without an id of its own. Never throws. */
export const batchEvent = ({ value, excess }: Bounded, id: string | undefined): ReadEvent => {
  if (excess !== undefined) return { reason: excess }
  if (!(value instanceof JsonObject)) return { reason: "An event must be a JSON object." }
  const fields = fieldsOf(value)
  return typeof fields === "string" ? { reason: fields } : eventOf(fields, id)
}

const fieldsOf = ({ pairs }: JsonObject): ReadonlyMap<Name, Json> | string => {
  const fields = new Map<Name, Json>()
  for (const [key, value] of pairs) {
    const name = names.find((known) => known === key)
    if (name === undefined) return `Unknown field "${key.slice(0, 64)}": parameters belong in "params".`
    if (fields.has(name)) return `The field "${name}" is a duplicate.`
    fields.set(name, value)
  }
  return fields
}

const eventOf = (fields: ReadonlyMap<Name, Json>, otherId: string | undefined): ReadEvent => {
  const event = fields.get("event")
  if (!isEvent(event)) return { reason: 'The field "event" must be text of 1 to 256 characters.' }
  const params = fields.get("params") ?? noParams
  if (!(params instanceof JsonObject)) return { reason: 'The field "params" must be an object.' }
  const ts = plain(fields.get("ts"))
  if (ts !== undefined && !isTime(ts.value))
    return { reason: 'The field "ts" must be a number or a short text.' }
  const id = plain(fields.get("id"))
  if (id !== undefined && !isId(id.value)) {
    return { reason: 'The field "id" must be a number or text of 1 to 255 ASCII characters.' }
  }
  const query = flattened(params)
  if (query === undefined) return { reason: parametersExceedLimit }
  return {
    event: {
      path: `/t/${encodeValue(bytesOf(event))}` as ByteString,
      query: ts === undefined ? query : joinedQueries(query, parameter("ts", ts.text)),
      id: id?.text ?? otherId
    }
  }
}

const noParams = new JsonObject([])

/** An optional or null field: its value for the schemas, and its text as written. */
const plain = (value: Json | undefined) => {
  if (value === undefined || value === null) return undefined
  if (value instanceof JsonNumber) return { value: Number(value.text), text: value.text }
  return { value, text: String(value) }
}
