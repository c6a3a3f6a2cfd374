/** Tables as CSV (RFC 4180) that a spreadsheet shows and does not run. Pure. */

/** What a spreadsheet takes for a formula, also behind blanks and in wide letters. */
const formula = /^[\s\p{Cc}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u

const cell = (value) => {
  if (value === undefined || value === null) return ""
  if (typeof value === "number") return String(value)
  const text = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * @param {ReadonlyArray<ReadonlyArray<string | number | undefined>>} rows the first holds the names
 * @returns {string} texts that begin like a formula stand behind an apostrophe
 */
export const csvOf = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")

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
