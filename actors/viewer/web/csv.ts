/**
 * Tables as CSV (RFC 4180) that a spreadsheet shows and does not run. The only CSV writer: the pages and the server
 * (types in csv.d.ts) both use it. Pure.
 */

/**
 * What a spreadsheet calculates: a sign of a formula, also in full width, behind any white space, control characters
 * and characters without a width; and what begins with a tab or a line end.
 */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u

/** Texts are quoted, always, so that a spreadsheet that separates at other marks does not cut one into cells. */
const cell = (value) => {
  if (value === undefined || value === null) return ""
  if (typeof value === "number") return String(value)
  return `"${(formula.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`
}

/** One row with its line end; a text that begins like a formula stands behind an apostrophe. */
export const csvLine = (row) => `${row.map(cell).join(",")}\r\n`

/** @param {ReadonlyArray<ReadonlyArray<string | number | undefined>>} rows the first holds the names */
export const csvOf = (rows) => rows.map(csvLine).join("")

const encoded = (pairs) =>
  pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&")

const columns = {
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

/** Events as CSV, one to a row under the names of its parts. */
export const eventsCsv = (events) =>
  csvOf([Object.keys(columns), ...events.map((event) => Object.values(columns).map((read) => read(event)))])

/** Pairs of names and values as CSV. */
export const pairsCsv = (pairs) => csvOf([["name", "value"], ...pairs])
