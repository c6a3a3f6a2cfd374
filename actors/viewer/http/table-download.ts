/**
 * A table as a file that is sent while it is written, so that a table of any length needs the memory of a few of its
 * rows. Lives as long as its answer.
 */
import type { TableRow } from "../counters.ts"
import { csvLine } from "../web/csv.ts"

/** How many rows are written at a time. */
const rowsAtATime = 500

/** CSV: the names of the first row are the columns. */
export function* csvTexts(rows: ReadonlyArray<TableRow>): Generator<string> {
  const columns = Object.keys(rows[0] ?? {})
  yield csvLine(columns)
  for (let at = 0; at < rows.length; at += rowsAtATime) {
    yield rows
      .slice(at, at + rowsAtATime)
      .map((row) => csvLine(columns.map((column) => row[column])))
      .join("")
  }
}

/** JSON: a list with a row to a line. */
export function* jsonTexts(rows: ReadonlyArray<TableRow>): Generator<string> {
  yield "["
  for (let at = 0; at < rows.length; at += rowsAtATime) {
    const texts = rows.slice(at, at + rowsAtATime).map((row) => `\n${JSON.stringify(row)}`)
    yield `${at === 0 ? "" : ","}${texts.join(",")}`
  }
  yield "\n]\n"
}

/** The texts as bytes, each made when the reader has taken the one before. */
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
