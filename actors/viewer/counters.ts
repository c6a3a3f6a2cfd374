/** The counters' tables as the viewer shows them, read from the projection store. Lives as long as the viewer. */
import { Effect, Semaphore } from "effect"
import { maxKeys, ProjectionStore, type Row } from "../../bridge/projection-store/service.ts"
import { tableNamed, tablesOf } from "../inspect/counters/tables.ts"
import { timingsOf } from "../inspect/counters/timings.ts"
import { type Mask, maskedText, readMask } from "../inspect/events/mask.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"

/** A consumer whose tables are shown. */
export interface Counter {
  readonly name: string
  readonly title: string
  readonly tables: ReadonlyArray<string>
  /** Its actor runs only when it is named. */
  readonly isOptional?: true
}

/** A row of a table; its fields are the columns, in order. */
export type TableRow = Readonly<Record<string, string | number>>

export const counters: ReadonlyArray<Counter> = [
  { name: "event-counter", title: "Types", tables: tablesOf("event-counter") },
  { name: "metadata-counter", title: "Origins", tables: tablesOf("metadata-counter") },
  { name: "search-counter", title: "Searches", tables: tablesOf("search-counter") },
  { name: "timing-stats", title: "Timings", tables: tablesOf("timing-stats") },
  { name: "click-stats", title: "Clicks", tables: tablesOf("click-stats"), isOptional: true },
  { name: "postback-stats", title: "Postbacks", tables: tablesOf("postback-stats"), isOptional: true }
]

/** All reject with `Failure` while the store is unavailable. */
export interface CounterTables {
  /** The rows with the largest counts of each of a counter's tables, by the table's name. */
  readonly tables: (counter: string) => Promise<Readonly<Record<string, ReadonlyArray<TableRow>>>>
  /** All rows of one table, largest counts first. */
  readonly table: (counter: string, table: string) => Promise<ReadonlyArray<TableRow>>
  /** Empties a table; counting continues from 0. */
  readonly reset: (counter: string, table: string) => Promise<void>
}

/** Limit of the rows shown of a table, those with the largest counts. */
export const maxShownRows = 200

/** A timing table has one row per bucket, fewer than this. */
const maxBuckets = 2_000

/** Limit of complete tables read concurrently, since they may be large. */
const maxConcurrentTables = 2

export const makeCounterTables = Effect.gen(function* () {
  const store = yield* ProjectionStore
  const mask = readMask(yield* viewerMask.config)
  const completeTables = yield* Semaphore.make(maxConcurrentTables)
  const run = Effect.runPromiseWith(yield* Effect.context<never>())

  const read = Effect.fnUntraced(function* (counter: string, table: string, limit: number) {
    if (counter === "timing-stats") return yield* timingRows(store)
    return countRows(table, yield* store.top(counter, table, limit), mask)
  })

  const counterTables: CounterTables = {
    tables: (counter) => {
      const tables = counters.find(({ name }) => name === counter)?.tables ?? []
      const rows = Effect.forEach(tables, (table) =>
        Effect.map(read(counter, table, maxShownRows), (rows) => [table, rows])
      )
      return run(Effect.map(rows, Object.fromEntries))
    },
    table: (counter, table) => run(completeTables.withPermits(1)(read(counter, table, maxKeys))),
    reset: (counter, table) =>
      run(
        Effect.andThen(
          Effect.forEach(
            tableNamed(`${counter}/${table}`)?.stored ?? [],
            (stored) => store.reset(counter, stored),
            { discard: true }
          ),
          Effect.logInfo("A table was reset.", { counter, table })
        )
      )
  }
  return counterTables
})

/** The rows of a table of counts as they are shown. When the table has been full, each row also has the upper bound of its count. */
export const countRows = (table: string, rows: ReadonlyArray<Row>, mask: Mask): ReadonlyArray<TableRow> => {
  const masked = masks.get(table)?.(mask) ?? ((key: string) => key)
  const column = table.replace(/^.*\bby-/, "")
  const hasErrors = rows.some(({ error = 0 }) => error > 0)
  return rows.map(
    ({ key, count, error = 0 }): TableRow => ({
      [column]: masked(key),
      events: count,
      ...(hasErrors ? { "at most": count + error } : {})
    })
  )
}

/** The tables of `timing-stats`. */
export const timingTables = ["klag", "whole-way"] as const

/** The row of a timing; none without events. Without a plausible measurement its figures are dashes: an average of nothing is not 0. */
export const timingRow = (table: string, rows: ReadonlyArray<Row>): ReadonlyArray<TableRow> => {
  const { count, "other unit": otherUnit, implausible, ...measured } = timingsOf(rows)
  if (count + otherUnit + implausible === 0) return []
  const figures = count > 0 ? measured : Object.fromEntries(Object.keys(measured).map((name) => [name, "–"]))
  return [{ "milliseconds of": table, count, ...figures, "other unit": otherUnit, implausible }]
}

const timingRows = (store: ProjectionStore["Service"]) =>
  Effect.map(
    Effect.forEach(timingTables, (table) =>
      Effect.map(store.top("timing-stats", table, maxBuckets), (rows) => timingRow(table, rows))
    ),
    (rows) => rows.flat()
  )

/** How a mask hides the keys of each table. */
const masks: ReadonlyMap<string, (mask: Mask) => ((key: string) => string) | undefined> = new Map([
  ["by-address", (mask) => (mask.hidesAddress || mask.hides("ip") ? () => maskedText : undefined)],
  ["by-pod", (mask) => (mask.hides("pod") ? () => maskedText : undefined)],
  ["by-country", (mask) => (mask.hides("country") ? () => maskedText : undefined)],
  ["clicks-by-country", (mask) => (mask.hides("country") ? withoutValue : undefined)],
  ["conversions-by-country", (mask) => (mask.hides("country") ? withoutValue : undefined)],
  ["by-text", (mask) => (mask.hides("text") ? () => maskedText : undefined)],
  ["by-action", (mask) => (mask.hides("action") ? withoutAction : undefined)],
  ["by-event", (mask) => (mask.hides("action") ? withoutAction : undefined)]
])

/** `<id> <value>` without the value. */
const withoutValue = (key: string): string => key.replace(/ .*$/s, ` ${maskedText}`)

const withoutAction = (key: string): string => key.replace(/\[.*$/s, `[${maskedText}]`)
