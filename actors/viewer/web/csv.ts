/**
 * CSV (RFC 4180) in which no text is a formula for a spreadsheet. The only CSV writer: the pages and the server both use
 * it. Pure.
 */
import type { EventView } from "../../inspect/events/messages.ts"

export type Cell = string | number | undefined | null

/**
 * What a spreadsheet evaluates: the sign of a formula, also full width, after any white space, control characters and
 * zero-width characters; and a text that begins with a tab or a line end.
 */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u

/** Texts are always quoted, so that a spreadsheet that separates at other characters does not split them. */
const cellText = (value: Cell): string => {
  if (value === undefined || value === null) return ""
  if (typeof value === "number") return String(value)
  return `"${(formula.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`
}

/** One row with its line end; a text that begins like a formula gets a leading apostrophe. */
export const csvLine = (row: ReadonlyArray<Cell>): string => `${row.map(cellText).join(",")}\r\n`

/** Several rows; the first has the column names. */
export const csvOf = (rows: ReadonlyArray<ReadonlyArray<Cell>>): string => rows.map(csvLine).join("")

type Pairs = ReadonlyArray<readonly [name: string, value: string]>

const encoded = (pairs: Pairs): string =>
  pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&")

const columns: Readonly<Record<string, (event: EventView) => Cell>> = {
  stage: (event) => event.stage,
  id: (event) => event.id,
  topic: (event) => event.topic,
  partition: (event) => event.partition,
  offset: (event) => event.offset,
  time: ({ timestamp }) => (timestamp === 0 ? undefined : new Date(timestamp).toISOString()),
  type: (event) => event.type,
  country: (event) => event.country,
  device: (event) => event.device,
  device_type: (event) => event.deviceType,
  address: (event) => event.address,
  klag_ms: (event) => event.klag,
  params: (event) => encoded(event.params),
  meta: (event) => encoded(event.meta),
  reason: (event) => event.reason,
  detail: (event) => event.detail,
  raw: (event) => event.raw
}

/** Events as CSV, one per row. */
export const eventsCsv = (events: ReadonlyArray<EventView>): string =>
  csvOf([Object.keys(columns), ...events.map((event) => Object.values(columns).map((read) => read(event)))])

/** Name-value pairs as CSV, with the column names `name` and `value`. */
export const pairsCsv = (pairs: Pairs): string => csvOf([["name", "value"], ...pairs])
