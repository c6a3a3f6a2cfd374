/** The events of a batch: a JSON array, `{"events":[…]}`, or NDJSON, which is one JSON object per line. */
import { type Bounded, type Json, JsonObject, JsonReader, NotJson, readJson } from "../body/json.ts"
import { mediaTypeOf, textIn } from "../body/media-type.ts"
import { Refusal } from "../refusal.ts"
import { batchEvent, type ReadEvent } from "./batch-event.ts"

/** How many events there may be, and the id of the whole batch, which numbers those that have none of their own. */
export interface BatchOptions {
  readonly most: number
  readonly key: string | undefined
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
  if (form === "form") throw new Refusal("unsupported-media-type", "Send JSON or NDJSON.")
  const text = textIn(bytes, charset)
  try {
    return form === "lines" ? ofLines(text, options) : ofJson(text, options)
  } catch (cause) {
    throw cause instanceof NotJson ? new Refusal("bad-request", cause.message) : cause
  }
}

const ofJson = (text: string, options: BatchOptions): ReadonlyArray<ReadEvent> => {
  const reader = new JsonReader(text)
  if (reader.takes("[")) return atItsEnd(reader, items(reader, options))
  if (!reader.takes("{")) throw new NotJson(`A batch is a JSON array, {"events":[…]} or one object per line.`)
  if (reader.takes("}")) throw new Refusal("bad-request", 'A batch has the field "events".')
  const name = reader.name()
  if (name !== "events") return ofLines(text, options)
  reader.expect("[")
  const events = items(reader, options)
  if (reader.takes(",")) throw new Refusal("bad-request", alone)
  reader.expect("}")
  return atItsEnd(reader, events)
}

const items = (reader: JsonReader, { most, key }: BatchOptions): ReadonlyArray<ReadEvent> => {
  const events: Array<ReadEvent> = []
  if (reader.takes("]")) return events
  do {
    if (events.length === most) throw tooMany(most)
    events.push(batchEvent(reader.bounded(), numbered(key, events.length)))
  } while (reader.takes(","))
  reader.expect("]")
  return events
}

const atItsEnd = <A>(reader: JsonReader, events: A): A => {
  if (!reader.isAtEnd) throw new NotJson("This is no JSON: something follows its end.")
  return events
}

/** A line that is no JSON spoils itself alone, unless none is: then this was no batch. */
const ofLines = (text: string, { most, key }: BatchOptions): ReadonlyArray<ReadEvent> => {
  const whole = jsonIn(text)
  if (!(whole instanceof NotJson)) {
    if (hasEvents(whole.value)) throw new Refusal("bad-request", alone)
    return [batchEvent(whole, numbered(key, 0))]
  }
  const events: Array<ReadEvent> = []
  let isJson = false
  for (const line of linesOf(text)) {
    if (events.length === most) throw tooMany(most)
    const read = jsonIn(line)
    isJson ||= !(read instanceof NotJson)
    events.push(
      read instanceof NotJson ? { reason: read.message } : batchEvent(read, numbered(key, events.length))
    )
  }
  if (events.length > 0 && !isJson) throw whole
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

/** The lines that are not blank. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start)
    const end = found === -1 ? text.length : found
    const line = text.slice(start, end).trim()
    if (line !== "") yield line
    start = end + 1
  }
}

const numbered = (key: string | undefined, index: number): string | undefined =>
  key === undefined ? undefined : `${key}-${index}`

const tooMany = (most: number): Refusal =>
  new Refusal("too-large", `A batch may have ${most} events; send it in pieces.`)
