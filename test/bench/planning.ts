/**
 * The costs that `bun run size` plans with, taken from the stored results: `bun run bench --report` writes them to
 * actors/commands/size/costs.json, and a test checks that they are current. Pure, but for that file.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Results } from "./result.ts"

export const costsFile = join(
  import.meta.dirname,
  ...["..", "..", "actors", "commands", "size", "costs.json"]
)

/** The first number of a cell: "47,796 (46,601–48,641)" is 47796. */
const numberIn = (cell: string): number => Number(/[\d,.]+/.exec(cell)?.[0].replaceAll(",", ""))

/** A figure with where it is from. Throws when the results lack it. */
const measured = (results: Results, bench: string, row: ReadonlyArray<string>, column: string) => {
  const table = results[bench]?.table
  const at = table?.columns.indexOf(column) ?? -1
  const cell = table?.rows.find((one) => row.every((part, i) => one[i] === part))?.[at]
  const value = numberIn(cell ?? "")
  if (!Number.isFinite(value))
    throw new Error(`The benchmark ${bench} has no ${column} of ${row.join(", ")}.`)
  return { value, source: `bun run bench ${bench}: ${[...row, column].join(", ")}` }
}

const planned = ["drainer", "enricher", "bridge"]
const readers = ["event-counter", "metadata-counter", "search-counter", "timing-stats", "viewer"]

/** Every cost, with its source. */
export const planningCosts = (results: Results) => {
  const actor = (name: string) => {
    const row = [`${name}, µs of processor an event`]
    const peaks = ["peak MB", "peak MB at the backlog"].map((column) =>
      measured(results, "memory", [name], column)
    )
    return {
      full: measured(results, "costs", row, "full batches"),
      small: measured(results, "costs", row, "at 1,000 events/s"),
      memory: peaks.toSorted((a, b) => b.value - a.value)[0]
    }
  }
  const byName = (names: ReadonlyArray<string>) =>
    Object.fromEntries(names.map((name) => [name, actor(name)]))
  return {
    gateway: {
      perSecond: measured(results, "gateway", ["POST, 64 connections", "spoor"], "requests/s"),
      memory: measured(results, "memory", ["gateway"], "peak MB")
    },
    pipeline: byName(planned),
    readers: byName(readers),
    copiesFactor: measured(results, "scale", ["4 enrichers, 4 bridges"], "cost to the first"),
    line: measured(results, "costs", ["a line, bytes"], "full batches"),
    lineOverhead: measured(
      results,
      "costs",
      ["a waiting line in Redis, bytes beyond its own"],
      "full batches"
    ),
    record: measured(results, "costs", ["a record on Kafka's disk, bytes"], "full batches")
  }
}

export const planningText = (results: Results): string =>
  `${JSON.stringify(planningCosts(results), undefined, 2)}\n`

export const writePlanning = (results: Results): void => writeFileSync(costsFile, planningText(results))
