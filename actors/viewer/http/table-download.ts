/**
 * Writes a table as a file while it is sent, so that a table of any length needs the memory of a few of its rows. Lives
 * as long as its response.
 */
import type { TableRow } from "../counters.ts"
import { csvLine } from "../web/csv.ts"

/** Rows formatted at a time. */
const rowsPerChunk = 500

/** CSV; the fields of the first row are the columns. */
export function* csvTexts(rows: ReadonlyArray<TableRow>): Generator<string> {
  const columns = Object.keys(rows[0] ?? {})
  yield csvLine(columns)
  for (let at = 0; at < rows.length; at += rowsPerChunk) {
    yield rows
      .slice(at, at + rowsPerChunk)
      .map((row) => csvLine(columns.map((column) => row[column])))
      .join("")
  }
}

/** A JSON array with one row per line. */
export function* jsonTexts(rows: ReadonlyArray<TableRow>): Generator<string> {
  yield "["
  for (let at = 0; at < rows.length; at += rowsPerChunk) {
    const texts = rows.slice(at, at + rowsPerChunk).map((row) => `\n${JSON.stringify(row)}`)
    yield `${at === 0 ? "" : ","}${texts.join(",")}`
  }
  yield "\n]\n"
}

/** The texts as bytes; each is produced when the reader has consumed the previous one. */
export const streamOf = (texts: Iterator<string>): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const next = texts.next()
      if (next.done === true) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    }
  })
}
