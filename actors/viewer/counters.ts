/** What the counters keep, as the viewer shows it: each one's tables, read from the projection store. */
import { Effect } from "effect"
import type { ProjectionStore } from "../../bridge/projection-store/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import { timingsOf } from "../counter/timings.ts"
import type { Counter, TableRow } from "./app.ts"

export const counters: ReadonlyArray<Counter> = [
  { name: "event-counter", title: "Events", tables: ["by-type", "by-action"] },
  { name: "metadata-counter", title: "Origins", tables: ["by-pod", "by-address", "by-country"] },
  { name: "search-counter", title: "Searches", tables: ["by-text"] },
  { name: "timing-stats", title: "Timings", tables: ["timings"] }
]

/** How many rows of a table are shown: those with the largest counts. */
const shown = 200

/** A timing table has a row per bucket; there are fewer buckets than this. */
const allBuckets = 2_000

/** The rows of each of a counter's tables, by the table's name. */
export const readTables = Effect.fnUntraced(function* (
  store: ProjectionStore["Service"],
  name: string
): Effect.fn.Return<Record<string, ReadonlyArray<TableRow>>, Failure> {
  if (name === "timing-stats") {
    const rows: Array<TableRow> = []
    for (const table of ["klag", "whole-way"]) {
      rows.push({ "milliseconds of": table, ...timingsOf(yield* store.top(name, table, allBuckets)) })
    }
    return { timings: rows }
  }
  const tables = counters.find((counter) => counter.name === name)?.tables ?? []
  const found: Record<string, ReadonlyArray<TableRow>> = {}
  for (const table of tables) {
    const rows = yield* store.top(name, table, shown)
    found[table] = rows.map(({ key, count }) => ({ [table.replace("by-", "")]: key, events: count }))
  }
  return found
})
