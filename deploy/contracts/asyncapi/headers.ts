/** The headers of messages over NATS, as JSON Schemas for the AsyncAPI document. */
import { failureReasons } from "../../../contracts/failure.ts"
import type { MessageDescription } from "../../../contracts/messages/all-messages.ts"
import {
  failureHeader,
  formatHeader,
  instanceHeader,
  patienceHeader
} from "../../../contracts/messages/format.ts"
import { traceparentHeader } from "../../../contracts/trace-context.ts"
import type { JsonSchema } from "../json-schema.ts"

const traceparent: JsonSchema = {
  type: "string",
  pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
  description: "W3C Trace Context: the span of the sender. Only while traces are exported."
}

const patience: JsonSchema = {
  type: "string",
  pattern: "^[0-9]+$",
  description:
    "How long the requester still waits, whole milliseconds. After that time, work that has not begun must not begin."
}

const instance: JsonSchema = {
  type: "string",
  description: "The $SRV id of the instance that replies, so that a log can name it."
}

const failure: JsonSchema = {
  type: "string",
  enum: failureReasons,
  description:
    "The reason of a failure of the bus itself; the body is then the sentence as text, not a reply."
}

const formatOf = (format: number): Readonly<Record<string, JsonSchema>> =>
  format === 1
    ? {}
    : { [formatHeader]: { type: "string", const: String(format), description: "The format of the message." } }

/** The headers of a message in one format; undefined where a message has none. */
export const headersOf = (
  { direction, encoding }: Pick<MessageDescription, "direction" | "encoding">,
  format: number
): JsonSchema | undefined => {
  const own = formatOf(format)
  if (direction === "request")
    return headers({ ...own, [patienceHeader]: patience, [traceparentHeader]: traceparent })
  if (direction === "reply") return headers({ ...own, [instanceHeader]: instance, [failureHeader]: failure })
  return encoding === "json" || format === 1 ? undefined : headers(own)
}

/** A message in format 2 or later always names its format. */
const headers = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: "object",
  properties,
  ...(formatHeader in properties ? { required: [formatHeader] } : {})
})

const time = (what: string): JsonSchema => ({
  type: "string",
  pattern: "^[0-9]+$",
  description: `When ${what}, milliseconds since 1970.`
})

/** The headers of a record in Kafka. */
export const recordHeaders: JsonSchema = {
  ...headers({
    id: {
      type: "string",
      description: "The event id, the same through every retry: use it to recognise duplicates."
    },
    v: { type: "string", const: "1", description: "The version of the record's format." },
    received: time("the edge received the event"),
    claimed: time("a drainer claimed the event"),
    enriched: time("an enricher made the record"),
    sent: time("a bridge sent the record to Kafka"),
    traceparent: {
      type: "string",
      description:
        "W3C Trace Context of the event. Only with TRACE_PARAM, of events whose client records its trace."
    }
  }),
  required: ["id", "v", "received", "claimed", "enriched", "sent"]
}
