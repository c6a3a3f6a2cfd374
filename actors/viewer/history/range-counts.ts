/**
 * The counts of a counter in a range of time: applies the counter's rule to each record of the range that the log still
 * holds. An event that was stored twice counts twice. Keeps nothing.
 */
import { Effect } from "effect"
import { maxKeys, type Row } from "../../../bridge/projection-store/service.ts"
import { readEvent } from "../../inspect/counters/counted-event.ts"
import { type Counting, withShortKeys } from "../../inspect/counters/counting.ts"
import type { Counter, TableRow } from "../counters.ts"
import { countRows, timingRow, timingTables } from "../counters.ts"
import { type Range, type RangeScan, scanRange } from "./range.ts"
import type { SearchContext } from "./search-query.ts"

interface RangeCounts extends RangeScan {
  /** The rows of each table, largest counts first. */
  readonly rows: ReadonlyMap<string, ReadonlyArray<Row>>
}

/** The rule of each counter, by the counter's name. */
export type Countings = ReadonlyMap<string, Counting>

const otherKey = "(other)"

export interface RangeTables extends RangeScan {
  readonly rows: Readonly<Record<string, ReadonlyArray<TableRow>>>
}

/** The counter's tables of that range as the pages show them, largest counts first. */
export const tablesOfRange = (
  { name, tables }: Counter,
  countings: Countings,
  range: Range,
  context: Pick<SearchContext, "scan" | "topics" | "timeoutMs" | "mask">
): Effect.Effect<RangeTables> => {
  const counting = countings.get(name) ?? { summary: "", count: () => [] }
  return Effect.map(countsOfRange(counting, range, context), ({ rows, ...scan }) => ({
    ...scan,
    rows: Object.fromEntries(
      tables.map((table) => [
        table,
        table === "timings"
          ? timingTables.flatMap((timing) => timingRow(timing, rows.get(timing) ?? []))
          : countRows(table, rows.get(table) ?? [], context.mask)
      ])
    )
  }))
}

const countsOfRange: (
  { count }: Counting,
  range: Range,
  context: Pick<SearchContext, "scan" | "topics" | "timeoutMs">
) => Effect.Effect<RangeCounts> = Effect.fnUntraced(function* ({ count }, range, context) {
  const tables = new Map<string, Map<string, number>>()
  const add = (table: string, key: string, by: number): void => {
    const counts = tables.get(table) ?? new Map<string, number>()
    tables.set(table, counts)
    const kept = counts.has(key) || counts.size < maxKeys ? key : otherKey
    counts.set(kept, (counts.get(kept) ?? 0) + by)
  }
  const scan = yield* scanRange(range, context, (record) => {
    const event = readEvent(record)
    if (event === undefined) return
    for (const { table, key, by } of withShortKeys(count(event))) add(table, key, by)
  })
  const rows = new Map(
    Array.from(tables, ([table, counts]) => [
      table,
      Array.from(counts, ([key, sum]) => ({ key, count: sum })).sort((a, b) => b.count - a.count)
    ])
  )
  return { ...scan, rows }
})
