/** The files of `contracts/vectors/`: the bytes and the JSON of every golden vector, invalid bytes, and the index of both. */
import { encode } from "../../../contracts/messages/msgpack.ts"
import { json } from "../json.ts"
import { enrichedBatches } from "./enriched-batches.ts"
import { invalidVectors } from "./invalid.ts"
import { observerVectors, receiptChecks } from "./observers.ts"
import { rawBatches } from "./raw-batches.ts"
import { replyVectors } from "./replies.ts"
import type { Vector } from "./vector.ts"

/** Messages that travel as JSON: their text is the vector, and there are no further bytes. */
const jsonMessages: ReadonlySet<string> = new Set([
  "tap-event",
  "tap-dropped",
  "actor-figures",
  "dead-letter"
])

export const vectors: ReadonlyArray<Vector> = [
  ...rawBatches,
  ...enrichedBatches,
  ...replyVectors,
  ...observerVectors
]

/** The text or bytes of each file by its path from `contracts/vectors/`. */
export const vectorFiles = (): ReadonlyMap<string, string | Uint8Array> => {
  const files = new Map<string, string | Uint8Array>()
  const listed = vectors.map(({ message, format, case: name, about, value, bytes, events }) => {
    const path = `${message}.${format}/${name}`
    const isText = jsonMessages.has(message)
    files.set(`${path}.json`, json(value))
    if (!isText) files.set(`${path}.msgpack`, bytes ?? encode(value))
    if (events !== undefined) files.set(`${path}.events.json`, json(events))
    return {
      ...{ message, format, case: name, about },
      json: `${path}.json`,
      ...(isText ? {} : { bytes: `${path}.msgpack`, canonical: bytes === undefined }),
      ...(events === undefined ? {} : { events: `${path}.events.json` })
    }
  })
  const invalid = invalidVectors.map(({ message, format, case: name, about, bytes, failure }) => {
    const path = `invalid/${message}.${format}/${name}.msgpack`
    files.set(path, bytes)
    return { message, format, case: name, about, bytes: path, failure }
  })
  files.set("index.json", json({ vectors: listed, invalid, receipts: "receipts.json" }))
  files.set("receipts.json", json(receiptChecks))
  return files
}
