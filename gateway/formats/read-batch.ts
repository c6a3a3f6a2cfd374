/** Reads the events of a batch: a JSON array, `{"events":[…]}`, or NDJSON (one JSON object per line). */
import { Buffer } from "node:buffer"
import { byteStringOf } from "../../contracts/byte-string.ts"
import { type Bounded, InvalidJson, type Json, JsonObject, JsonReader, readJson } from "../http/body/json.ts"
import { mediaTypeOf, notUtf8, textIn, utf8In, withoutMark } from "../http/body/media-type.ts"
import { HttpError } from "../http/errors.ts"
import { batchEvent, type ReadEvent } from "./batch-event.ts"
import { isForm } from "./body-params.ts"

export interface BatchOptions {
  readonly maxEvents: number
  /** The id of the whole batch; events without an id get it with their number. */
  readonly key: string | undefined
}

/**
 * The text of a batch. A batch that is not valid UTF-8 is split with one character per byte (JSON's syntax is ASCII), and
 * each event is decoded separately: an invalid byte affects one event only.
 */
interface BatchText {
  readonly text: string
  /** The whole batch is valid UTF-8. */
  readonly isUtf8: boolean
  /** Decodes a part of the text; undefined when it is not valid UTF-8. */
  readonly decoded: (part: string) => string | undefined
}

/**
 * The events in order, each valid or with the reason why not. Throws an `HttpError`: 400 when the whole is not a batch, 413
 * for too many events, 415 for an unsupported content type.
 */
export const readBatch = (
  contentType: string | null,
  bytes: Uint8Array,
  options: BatchOptions
): ReadonlyArray<ReadEvent> => {
  const { form, charset } = mediaTypeOf(contentType)
  if (isForm(form, bytes)) throw new HttpError("unsupported-media-type", "Send JSON or NDJSON.")
  const batch = charset === "utf-8" ? batchText(bytes) : whole(textIn(bytes, charset))
  try {
    return form === "lines" ? ofLines(batch, options) : ofJson(batch, options)
  } catch (cause) {
    if (!(cause instanceof InvalidJson)) throw cause
    throw batch.isUtf8 ? new HttpError("bad-request", cause.message) : notUtf8()
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
  if (!reader.takes("{")) {
    throw new InvalidJson(`A batch must be a JSON array, {"events":[…]} or one object per line.`)
  }
  if (reader.takes("}")) throw new HttpError("bad-request", 'The field "events" is missing.')
  const name = reader.name()
  if (name !== "events") return ofLines(batch, options)
  reader.expect("[")
  const events = items(reader, batch, options)
  if (reader.takes(",")) throw new HttpError("bad-request", onlyEvents)
  reader.expect("}")
  return atItsEnd(reader, events)
}

const items = (
  reader: JsonReader,
  batch: BatchText,
  { maxEvents, key }: BatchOptions
): ReadonlyArray<ReadEvent> => {
  const events: Array<ReadEvent> = []
  if (reader.takes("]")) return events
  do {
    if (events.length === maxEvents) throw tooManyEvents(maxEvents)
    const { position } = reader
    const found = reader.bounded()
    const part = batch.text.slice(position, reader.position)
    events.push(eventIn(batch, part, found, numbered(key, events.length)))
  } while (reader.takes(","))
  reader.expect("]")
  return events
}

/** The event in `part` of the batch; `found` is its value as parsed from the batch's text. */
const eventIn = (batch: BatchText, part: string, found: Bounded, id: string | undefined): ReadEvent => {
  const decoded = batch.decoded(part)
  if (decoded === undefined) return { reason: "The event is not valid UTF-8." }
  return batchEvent(decoded === part ? found : readJson(decoded), id)
}

const atItsEnd = <A>(reader: JsonReader, events: A): A => {
  reader.expectEnd()
  return events
}

/** An invalid line is rejected alone; if all lines are invalid, the body is not a batch. */
const ofLines = (batch: BatchText, { maxEvents, key }: BatchOptions): ReadonlyArray<ReadEvent> => {
  const one = jsonIn(batch.text)
  if (!(one instanceof InvalidJson)) {
    if (hasEvents(one.value)) throw new HttpError("bad-request", onlyEvents)
    return [eventIn(batch, batch.text, one, numbered(key, 0))]
  }
  const events: Array<ReadEvent> = []
  let isJson = false
  for (const line of linesOf(batch.text)) {
    if (events.length === maxEvents) throw tooManyEvents(maxEvents)
    const found = jsonIn(line)
    isJson ||= !(found instanceof InvalidJson)
    events.push(
      found instanceof InvalidJson
        ? { reason: found.message }
        : eventIn(batch, line, found, numbered(key, events.length))
    )
  }
  if (events.length > 0 && !isJson) throw one
  return events
}

const onlyEvents = 'A batch may have no other field than "events".'

const hasEvents = (value: Json): boolean =>
  value instanceof JsonObject && value.pairs.some(([name]) => name === "events")

const jsonIn = (text: string): Bounded | InvalidJson => {
  try {
    return readJson(text)
  } catch (cause) {
    if (cause instanceof InvalidJson) return cause
    throw cause
  }
}

/** The lines that are not blank, each without a byte order mark: concatenated files have several. */
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

const tooManyEvents = (maxEvents: number): HttpError =>
  new HttpError("too-large", `The batch exceeds ${maxEvents} events; split it.`)
