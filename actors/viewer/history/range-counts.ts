/**
 * What a counter would have counted of a range of time: each record that the log still holds of it, by the counter's own
 * rules. An event that was stored twice counts twice. Keeps nothing.
 */
import { Effect } from "effect"
import { maxKeys, type Row } from "../../../bridge/projection-store/service.ts"
import { readEvent } from "../../inspect/counters/counted-event.ts"
import { type Counting, withShortKeys } from "../../inspect/counters/counting.ts"
import type { Counter, TableRow } from "../counters.ts"
import { countRows, timingRow, timingTables } from "../counters.ts"
import { eachIn, type Range, type Ranged } from "./range.ts"
import type { SearchPlaces } from "./search.ts"

interface RangeCounts extends Ranged {
  /** The rows of each table, the largest counts first. */
  readonly rows: ReadonlyMap<string, ReadonlyArray<Row>>
}

/** The rules of each counter that the viewer shows, by its name. */
export type Countings = ReadonlyMap<string, Counting>

const other = "(other)"

/** The counter's tables of that range as they are shown, the largest counts first. */
export const tablesOfRange = (
  { name, tables }: Counter,
  countings: Countings,
  range: Range,
  places: Pick<SearchPlaces, "scan" | "topics" | "patience" | "mask">
): Effect.Effect<RangeTables> => {
  const counting = countings.get(name) ?? { summary: "", count: () => [] }
  return Effect.map(countsOfRange(counting, range, places), ({ rows, ...ranged }) => ({
    ...ranged,
    rows: Object.fromEntries(
      tables.map((table) => [
        table,
        table === "timings"
          ? timingTables.flatMap((one) => timingRow(one, rows.get(one) ?? []))
          : countRows(table, rows.get(table) ?? [], places.mask)
      ])
    )
  }))
}

export interface RangeTables extends Ranged {
  readonly rows: Readonly<Record<string, ReadonlyArray<TableRow>>>
}

const countsOfRange: (
  { count }: Counting,
  range: Range,
  places: Pick<SearchPlaces, "scan" | "topics" | "patience">
) => Effect.Effect<RangeCounts> = Effect.fnUntraced(function* ({ count }, range, places) {
  const tables = new Map<string, Map<string, number>>()
  const add = (table: string, key: string, by: number): void => {
    const counts = tables.get(table) ?? new Map<string, number>()
    tables.set(table, counts)
    const kept = counts.has(key) || counts.size < maxKeys ? key : other
    counts.set(kept, (counts.get(kept) ?? 0) + by)
  }
  const ranged = yield* eachIn(range, places, (record) => {
    const event = readEvent(record)
    if (event === undefined) return
    for (const { table, key, by } of withShortKeys(count(event))) add(table, key, by)
  })
  const rows = new Map(
    Array.from(tables, ([table, counts]) => [
      table,
      Array.from(counts, ([key, amount]) => ({ key, count: amount })).sort((a, b) => b.count - a.count)
    ])
  )
  return { ...ranged, rows }
})
