/** What the counters keep, as the viewer shows it: each one's tables, read from the projection store. */
import { Effect, Semaphore } from "effect"
import { maxKeys, ProjectionStore, type Row } from "../../bridge/projection-store/service.ts"
import { tableNamed, tablesOf } from "../inspect/counters/tables.ts"
import { timingsOf } from "../inspect/counters/timings.ts"
import { type Mask, maskedText, readMask } from "../inspect/events/mask.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"

/** A consumer whose tables can be looked at. */
export interface Counter {
  readonly name: string
  readonly title: string
  readonly tables: ReadonlyArray<string>
}

/** One line of a table; its names are the columns, in order. */
export type TableRow = Readonly<Record<string, string | number>>

export const counters: ReadonlyArray<Counter> = [
  { name: "event-counter", title: "Types", tables: tablesOf("event-counter") },
  { name: "metadata-counter", title: "Origins", tables: tablesOf("metadata-counter") },
  { name: "search-counter", title: "Searches", tables: tablesOf("search-counter") },
  { name: "timing-stats", title: "Timings", tables: tablesOf("timing-stats") }
]

/** All reject with `Failure` when the store cannot be read now. */
export interface Counted {
  /** The rows with the largest counts of each of a counter's tables, by the table's name. */
  readonly tables: (counter: string) => Promise<Readonly<Record<string, ReadonlyArray<TableRow>>>>
  /** All rows of one table, the largest counts first. */
  readonly table: (counter: string, table: string) => Promise<ReadonlyArray<TableRow>>
  /** Empties a table; what comes is counted from 0. */
  readonly reset: (counter: string, table: string) => Promise<void>
}

/** How many rows of a table are shown: those with the largest counts. */
export const shown = 200

/** A timing table has a row per bucket; there are fewer buckets than this. */
const allBuckets = 2_000

/** Whole tables may be large, so that few are read at a time. */
const wholeAtATime = 2

export const makeCounted = Effect.gen(function* () {
  const store = yield* ProjectionStore
  const mask = readMask(yield* viewerMask.config)
  const whole = yield* Semaphore.make(wholeAtATime)
  const run = Effect.runPromiseWith(yield* Effect.context<never>())

  const read = Effect.fnUntraced(function* (counter: string, table: string, limit: number) {
    if (counter === "timing-stats") return yield* timingRows(store)
    return countRows(table, yield* store.top(counter, table, limit), mask)
  })

  const counted: Counted = {
    tables: (counter) => {
      const tables = counters.find(({ name }) => name === counter)?.tables ?? []
      const rows = Effect.forEach(tables, (table) =>
        Effect.map(read(counter, table, shown), (rows) => [table, rows])
      )
      return run(Effect.map(rows, Object.fromEntries))
    },
    table: (counter, table) => run(whole.withPermits(1)(read(counter, table, maxKeys))),
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
  return counted
})

/**
 * The rows of a table of counts as they are shown. Of a table that has been full, each says how large its count may be at
 * most.
 */
export const countRows = (table: string, rows: ReadonlyArray<Row>, mask: Mask): ReadonlyArray<TableRow> => {
  const masked = masks.get(table)?.(mask) ?? ((key: string) => key)
  const column = table.replace("by-", "")
  const hasErrors = rows.some(({ error = 0 }) => error > 0)
  return rows.map(
    ({ key, count, error = 0 }): TableRow => ({
      [column]: masked(key),
      events: count,
      ...(hasErrors ? { "at most": count + error } : {})
    })
  )
}

/** What `timing-stats` measures. */
export const timingTables = ["klag", "whole-way"] as const

/**
 * The row of a timing; none where nothing came. Where nothing of what came could be measured, its figures are dashes: an
 * average of nothing is not 0.
 */
export const timingRow = (table: string, rows: ReadonlyArray<Row>): ReadonlyArray<TableRow> => {
  const { count, "other unit": otherUnit, implausible, ...measured } = timingsOf(rows)
  if (count + otherUnit + implausible === 0) return []
  const figures = count > 0 ? measured : Object.fromEntries(Object.keys(measured).map((name) => [name, "–"]))
  return [{ "milliseconds of": table, count, ...figures, "other unit": otherUnit, implausible }]
}

const timingRows = (store: ProjectionStore["Service"]) =>
  Effect.map(
    Effect.forEach(timingTables, (table) =>
      Effect.map(store.top("timing-stats", table, allBuckets), (rows) => timingRow(table, rows))
    ),
    (rows) => rows.flat()
  )

/** What must not be seen of a table's keys: by the name under which a mask knows what they are. */
const masks: ReadonlyMap<string, (mask: Mask) => ((key: string) => string) | undefined> = new Map([
  ["by-address", (mask) => (mask.hidesAddress || mask.hides("ip") ? () => maskedText : undefined)],
  ["by-pod", (mask) => (mask.hides("pod") ? () => maskedText : undefined)],
  ["by-country", (mask) => (mask.hides("country") ? () => maskedText : undefined)],
  ["by-text", (mask) => (mask.hides("text") ? () => maskedText : undefined)],
  ["by-action", (mask) => (mask.hides("action") ? withoutAction : undefined)],
  ["by-event", (mask) => (mask.hides("action") ? withoutAction : undefined)]
])

const withoutAction = (key: string): string => key.replace(/\[.*$/s, `[${maskedText}]`)
