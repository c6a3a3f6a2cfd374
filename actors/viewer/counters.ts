/** What the counters keep, as the viewer shows it: each one's tables, read from the projection store. */
import { Cause, Effect, Exit, Semaphore } from "effect"
import { maxKeys, ProjectionStore, type Row } from "../../bridge/projection-store/service.ts"
import { tableNamed, tablesOf } from "../counter/kept-tables.ts"
import { timingsOf } from "../counter/timings.ts"
import type { Counter, TableRow } from "./app.ts"
import { hiddenText, type Mask, readMask } from "./mask.ts"
import { viewerMask } from "./settings.ts"

export const counters: ReadonlyArray<Counter> = [
  { name: "event-counter", title: "Events", tables: tablesOf("event-counter") },
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
const shown = 200

/** A timing table has a row per bucket; there are fewer buckets than this. */
const allBuckets = 2_000

/** Whole tables may be large, so that few are read at a time. */
const wholeAtATime = 2

export const makeCounted = Effect.gen(function* () {
  const store = yield* ProjectionStore
  const mask = readMask(yield* viewerMask.config)
  const whole = yield* Semaphore.make(wholeAtATime)
  const runExit = Effect.runPromiseExitWith(yield* Effect.context<never>())
  /** As a promise that rejects with the failure itself. */
  const run = async <A, E>(effect: Effect.Effect<A, E>): Promise<A> => {
    const exit = await runExit(effect)
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }

  const read = Effect.fnUntraced(function* (counter: string, table: string, limit: number) {
    if (counter === "timing-stats") return yield* timingRows(store)
    const rows = yield* store.top(counter, table, limit)
    const masked = masks.get(table)?.(mask) ?? ((key: string) => key)
    return tableRows(rows, table.replace("by-", ""), masked)
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

/** Rows under the name of what is counted. Of a table that has been full, each says how large its count may be at most. */
const tableRows = (
  rows: ReadonlyArray<Row>,
  column: string,
  masked: (key: string) => string
): ReadonlyArray<TableRow> => {
  const hasErrors = rows.some(({ error = 0 }) => error > 0)
  return rows.map(
    ({ key, count, error = 0 }): TableRow => ({
      [column]: masked(key),
      events: count,
      ...(hasErrors ? { "at most": count + error } : {})
    })
  )
}

const timingRows = Effect.fnUntraced(function* (store: ProjectionStore["Service"]) {
  const rows: Array<TableRow> = []
  for (const table of ["klag", "whole-way"]) {
    rows.push({ "milliseconds of": table, ...timingsOf(yield* store.top("timing-stats", table, allBuckets)) })
  }
  return rows
})

/** What must not be seen of a table's keys: by the name under which a mask knows what they are. */
const masks: ReadonlyMap<string, (mask: Mask) => ((key: string) => string) | undefined> = new Map([
  ["by-address", (mask) => (mask.hidesAddress || mask.hides("ip") ? () => hiddenText : undefined)],
  ["by-pod", (mask) => (mask.hides("pod") ? () => hiddenText : undefined)],
  ["by-country", (mask) => (mask.hides("country") ? () => hiddenText : undefined)],
  ["by-text", (mask) => (mask.hides("text") ? () => hiddenText : undefined)],
  ["by-action", (mask) => (mask.hides("action") ? withoutAction : undefined)],
  ["by-event", (mask) => (mask.hides("action") ? withoutAction : undefined)]
])

const withoutAction = (key: string): string => key.replace(/\[.*$/s, `[${hiddenText}]`)
