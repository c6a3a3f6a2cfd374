/** The tables of the counters: their names for people, and the tables of the projection store behind them. */

export interface KeptTable {
  readonly counter: string
  readonly name: string
  /** The tables of the projection store behind it. */
  readonly stored: ReadonlyArray<string>
}

const kept = (counter: string, ...names: ReadonlyArray<string>): ReadonlyArray<KeptTable> =>
  names.map((name) => ({ counter, name, stored: [name] }))

/** The tables of all counters; no two have the same name. */
export const keptTables: ReadonlyArray<KeptTable> = [
  ...kept("event-counter", "by-type", "by-action", "by-event"),
  ...kept("metadata-counter", "by-pod", "by-address", "by-country"),
  ...kept("search-counter", "by-text"),
  ...kept("click-stats", "clicks-by-link", "clicks-by-country", "clicks-by-platform", "clicks-by-device"),
  ...kept("click-stats", "clicks-by-device-type", "bot-clicks-by-link", "clicks-with-id-by-link"),
  ...kept("click-stats", "conversions-by-link", "conversions-by-country"),
  ...kept("postback-stats", "answers-by-postback", "answers-by-status"),
  { counter: "timing-stats", name: "timings", stored: ["klag", "whole-way"] }
]

/** The tables of a counter, in the order in which they are shown. */
export const tablesOf = (counter: string): ReadonlyArray<string> =>
  keptTables.filter((table) => table.counter === counter).map(({ name }) => name)

/**
 * The table of that name: `by-type`, or `event-counter/by-type`. Any other `<counter>/<table>` is taken as the table of a
 * counter that is not Spoor's own. Undefined for an unknown name without a counter.
 */
export const tableNamed = (name: string): KeptTable | undefined => {
  const known = keptTables.find((table) => name === table.name || name === `${table.counter}/${table.name}`)
  if (known !== undefined) return known
  const [, counter, table] = /^([^/]+)\/(.+)$/.exec(name) ?? []
  return counter === undefined || table === undefined ? undefined : { counter, name: table, stored: [table] }
}
