/**
 * The routes of the counters' tables: read as JSON, also for a range of time, and reset. Complete tables are downloads
 * (downloads.ts). Keeps nothing.
 */

import { Schema } from "effect"
import { Elysia } from "elysia"
import { refuse } from "../../../gateway/http/errors.ts"
import { type Counter, type CounterTables, maxShownRows, type TableRow } from "../counters.ts"
import { invalidRangeMessage, requestedRange } from "../history/requested-range.ts"
import type { History } from "../history/service.ts"
import { jsonBody } from "../http/request-body.ts"
import { json, notFound } from "../http/responses.ts"

const resetPath = "/api/counters/reset"

/** The paths that accept POST. */
export const counterPostPaths: ReadonlySet<string> = new Set([resetPath])

const readReset = jsonBody(
  Schema.Struct({ counter: Schema.String, table: Schema.String }),
  '{"counter": name, "table": name}'
)

export const counterRoutes = (
  counters: ReadonlyArray<Counter>,
  { tables, reset }: Pick<CounterTables, "tables" | "reset">,
  history: Pick<History, "tablesOf">
) => {
  const counterNamed = (name: string): Counter | undefined => counters.find((one) => one.name === name)
  return new Elysia()
    .get("/api/counters", () => json(counters))
    .get("/api/counters/:name", async ({ params, request }) => {
      const counter = counterNamed(params.name)
      if (counter === undefined) return notFound()
      const range = requestedRange(request, Date.now())
      if (range === "invalid") return refuse("bad-request", invalidRangeMessage)
      if (range === undefined) return json({ ...counter, rows: await tables(counter.name) })
      const rangeTables = await history.tablesOf(counter, range, request.signal)
      return json({ ...counter, ...rangeTables, rows: firstRows(rangeTables.rows) })
    })
    .post(
      resetPath,
      async ({ request }) => {
        const command = await readReset(request)
        if ("refused" in command) return command.refused
        const { counter, table } = command.value
        if (counterNamed(counter)?.tables.includes(table) !== true) return notFound()
        await reset(counter, table)
        return json({ counter, table, reset: true })
      },
      { parse: "none" }
    )
}

const firstRows = (tables: Readonly<Record<string, ReadonlyArray<TableRow>>>) =>
  Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.slice(0, maxShownRows)]))
