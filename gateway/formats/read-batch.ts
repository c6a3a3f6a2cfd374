/** The events of a batch: a JSON array, `{"events":[…]}`, or NDJSON, which is one JSON object per line. */
import { Buffer } from "node:buffer"
import { byteStringOf } from "../../contracts/byte-string.ts"
import { type Bounded, type Json, JsonObject, JsonReader, NotJson, readJson } from "../http/body/json.ts"
import { mediaTypeOf, notUtf8, textIn, utf8In, withoutMark } from "../http/body/media-type.ts"
import { Refusal } from "../http/errors.ts"
import { batchEvent, type ReadEvent } from "./batch-event.ts"
import { isForm } from "./body-params.ts"

/** How many events there may be, and the id of the whole batch, which numbers those that have none of their own. */
export interface BatchOptions {
  readonly most: number
  readonly key: string | undefined
}

/**
 * The text of a batch. Where it is not UTF-8 as a whole, it has one character per byte (JSON's own signs are ASCII, so
 * it can be taken apart), and each event is decoded by itself: one bad byte spoils one event.
 */
interface BatchText {
  readonly text: string
  /** As a whole. */
  readonly isUtf8: boolean
  /** The same part of the batch as the client wrote it; undefined when it is not UTF-8. */
  readonly decoded: (part: string) => string | undefined
}

/**
 * The events in their order, each to be taken or with the reason why not. Throws a `Refusal`: 400 where the whole is
 * no batch, 413 for too many events, 415 for another content type.
 */
export const readBatch = (
  contentType: string | null,
  bytes: Uint8Array,
  options: BatchOptions
): ReadonlyArray<ReadEvent> => {
  const { form, charset } = mediaTypeOf(contentType)
  if (isForm(form, bytes)) throw new Refusal("unsupported-media-type", "Send JSON or NDJSON.")
  const batch = charset === "utf-8" ? batchText(bytes) : whole(textIn(bytes, charset))
  try {
    return form === "lines" ? ofLines(batch, options) : ofJson(batch, options)
  } catch (cause) {
    if (!(cause instanceof NotJson)) throw cause
    throw batch.isUtf8 ? new Refusal("bad-request", cause.message) : notUtf8()
  }
}

const whole = (text: string): BatchText => ({ text, isUtf8: true, decoded: (part) => part })

const batchText = (bytes: Uint8Array): BatchText => {
  const text = utf8In(bytes)
  if (text !== undefined) return whole(text)
  return {
    text: byteStringOf(withoutMark(bytes)),
    isUtf8: false,
    decoded: (part) => utf8In(Buffer.from(part, "latin1"))
  }
}

const ofJson = (batch: BatchText, options: BatchOptions): ReadonlyArray<ReadEvent> => {
  const reader = new JsonReader(batch.text)
  if (reader.takes("[")) return atItsEnd(reader, items(reader, batch, options))
  if (!reader.takes("{")) throw new NotJson(`A batch is a JSON array, {"events":[…]} or one object per line.`)
  if (reader.takes("}")) throw new Refusal("bad-request", 'A batch has the field "events".')
  const name = reader.name()
  if (name !== "events") return ofLines(batch, options)
  reader.expect("[")
  const events = items(reader, batch, options)
  if (reader.takes(",")) throw new Refusal("bad-request", alone)
  reader.expect("}")
  return atItsEnd(reader, events)
}

const items = (
  reader: JsonReader,
  batch: BatchText,
  { most, key }: BatchOptions
): ReadonlyArray<ReadEvent> => {
  const events: Array<ReadEvent> = []
  if (reader.takes("]")) return events
  do {
    if (events.length === most) throw tooMany(most)
    const { place } = reader
    const found = reader.bounded()
    events.push(eventIn(batch, batch.text.slice(place, reader.place), found, numbered(key, events.length)))
  } while (reader.takes(","))
  reader.expect("]")
  return events
}

/** The event that `part` of the batch is; `found` is what was read of it as the batch's text has it. */
const eventIn = (batch: BatchText, part: string, found: Bounded, id: string | undefined): ReadEvent => {
  const decoded = batch.decoded(part)
  if (decoded === undefined) return { reason: "The event is not UTF-8." }
  return batchEvent(decoded === part ? found : readJson(decoded), id)
}

const atItsEnd = <A>(reader: JsonReader, events: A): A => {
  if (!reader.isAtEnd) throw new NotJson("This is no JSON: something follows its end.")
  return events
}

/** A line that is no JSON spoils itself alone, unless none is: then this was no batch. */
const ofLines = (batch: BatchText, { most, key }: BatchOptions): ReadonlyArray<ReadEvent> => {
  const one = jsonIn(batch.text)
  if (!(one instanceof NotJson)) {
    if (hasEvents(one.value)) throw new Refusal("bad-request", alone)
    return [eventIn(batch, batch.text, one, numbered(key, 0))]
  }
  const events: Array<ReadEvent> = []
  let isJson = false
  for (const line of linesOf(batch.text)) {
    if (events.length === most) throw tooMany(most)
    const found = jsonIn(line)
    isJson ||= !(found instanceof NotJson)
    events.push(
      found instanceof NotJson
        ? { reason: found.message }
        : eventIn(batch, line, found, numbered(key, events.length))
    )
  }
  if (events.length > 0 && !isJson) throw one
  return events
}

const alone = 'Beside "events" a batch has no other field.'

const hasEvents = (value: Json): boolean =>
  value instanceof JsonObject && value.pairs.some(([name]) => name === "events")

const jsonIn = (text: string): Bounded | NotJson => {
  try {
    return readJson(text)
  } catch (cause) {
    if (cause instanceof NotJson) return cause
    throw cause
  }
}

/** The lines that are not blank, each without a byte order mark of its own: files that were joined have several. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start)
    const end = found === -1 ? text.length : found
    const line = text
      .slice(start, end)
      .trim()
      .replace(/^\xef\xbb\xbf/, "")
    if (line !== "") yield line
    start = end + 1
  }
}

const numbered = (key: string | undefined, index: number): string | undefined =>
  key === undefined ? undefined : `${key}-${index}`

const tooMany = (most: number): Refusal =>
  new Refusal("too-large", `A batch may have ${most} events; send it in pieces.`)
