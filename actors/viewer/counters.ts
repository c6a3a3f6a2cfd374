/** What the counters keep, as the viewer shows it: each one's tables, read from the projection store. */
import { Cause, Effect, Exit, Semaphore } from "effect"
import { maxKeys, ProjectionStore, type Row } from "../../bridge/projection-store/service.ts"
import { timingsOf } from "../counter/timings.ts"
import type { Counter, TableRow } from "./app.ts"
import { hiddenText, type Mask, readMask } from "./mask.ts"
import { viewerMask } from "./settings.ts"

export const counters: ReadonlyArray<Counter> = [
  { name: "event-counter", title: "Types", tables: ["by-type", "by-action"] },
  { name: "metadata-counter", title: "Origins", tables: ["by-pod", "by-address", "by-country"] },
  { name: "search-counter", title: "Searches", tables: ["by-text"] },
  { name: "timing-stats", title: "Timings", tables: ["timings"] }
]

/** All reject with `Failure` when the store cannot be read now. */
export interface Counted {
  /** The rows with the largest counts of each of a counter's tables, by the table's name. */
  readonly tables: (counter: string) => Promise<Readonly<Record<string, ReadonlyArray<TableRow>>>>
  /** All rows of one table, the largest counts first. */
  readonly table: (counter: string, table: string) => Promise<ReadonlyArray<TableRow>>
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
      return settled(Effect.map(rows, Object.fromEntries))
    },
    table: (counter, table) => settled(whole.withPermits(1)(read(counter, table, maxKeys)))
  }
  return counted
})

/** The rows of a table of counts as they are shown. */
export const countRows = (table: string, rows: ReadonlyArray<Row>, mask: Mask): ReadonlyArray<TableRow> => {
  const masked = masks.get(table)?.(mask) ?? ((key: string) => key)
  return rows.map(({ key, count }): TableRow => ({ [table.replace("by-", "")]: masked(key), events: count }))
}

/** What `timing-stats` measures. */
export const timingTables = ["klag", "whole-way"] as const

/** The row of a timing; none where nothing was measured, since an average of nothing is not 0. */
export const timingRow = (table: string, rows: ReadonlyArray<Row>): ReadonlyArray<TableRow> => {
  const timings = timingsOf(rows)
  return timings.count === 0 ? [] : [{ "milliseconds of": table, ...timings }]
}

const timingRows = (store: ProjectionStore["Service"]) =>
  Effect.map(
    Effect.forEach(timingTables, (table) =>
      Effect.map(store.top("timing-stats", table, allBuckets), (rows) => timingRow(table, rows))
    ),
    (rows) => rows.flat()
  )

/** What must not be seen of a table's keys. */
const masks: ReadonlyMap<string, (mask: Mask) => ((key: string) => string) | undefined> = new Map([
  ["by-address", (mask) => (mask.hidesAddress ? () => hiddenText : undefined)],
  ["by-text", (mask) => (mask.hides("text") ? () => hiddenText : undefined)],
  [
    "by-action",
    (mask) => (mask.hides("action") ? (key) => key.replace(/\[.*$/s, `[${hiddenText}]`) : undefined)
  ]
])

/** As a promise that rejects with the failure itself. */
const settled = async <A, E>(effect: Effect.Effect<A, E>): Promise<A> => {
  const exit = await Effect.runPromiseExit(effect)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}
