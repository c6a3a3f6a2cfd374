/**
 * The addresses under which the tables of the counters are read as JSON, also of a range of time, and reset. What has
 * many rows is a file to download (download-routes.ts). Keeps nothing.
 */

import { Schema } from "effect"
import { Elysia } from "elysia"
import { refuse } from "../../../gateway/http/errors.ts"
import type { Counter, TableRow } from "../counters.ts"
import { type Counted, shown } from "../counters.ts"
import { askedRange, rangeSentence } from "../history/requested-range.ts"
import type { Past } from "../history/service.ts"
import { posted } from "../http/request-body.ts"
import { json, nothing } from "../http/responses.ts"

const resetPath = "/api/counters/reset"

/** The paths that take a POST. */
export const counterPosts: ReadonlySet<string> = new Set([resetPath])

const resetOrder = posted(
  Schema.Struct({ counter: Schema.String, table: Schema.String }),
  '{"counter": name, "table": name}'
)

export const counterRoutes = ({
  counters,
  tables,
  reset,
  past
}: {
  readonly counters: ReadonlyArray<Counter>
  readonly past: Past
} & Pick<Counted, "tables" | "reset">) => {
  const counterNamed = (name: string): Counter | undefined => counters.find((one) => one.name === name)
  return new Elysia()
    .get("/api/counters", () => json(counters))
    .get("/api/counters/:name", async ({ params, request }) => {
      const counter = counterNamed(params.name)
      if (counter === undefined) return nothing()
      const range = askedRange(request, Date.now())
      if (range === "unreadable") return refuse("bad-request", rangeSentence)
      if (range === undefined) return json({ ...counter, rows: await tables(counter.name) })
      const counted = await past.tablesOf(counter, range, request.signal)
      return json({ ...counter, ...counted, rows: firstRows(counted.rows) })
    })
    .post(
      resetPath,
      async ({ request }) => {
        const order = await resetOrder(request)
        if ("refused" in order) return order.refused
        const { counter, table } = order.value
        if (counterNamed(counter)?.tables.includes(table) !== true) return nothing()
        await reset(counter, table)
        return json({ counter, table, reset: true })
      },
      { parse: "none" }
    )
}

/** As many of each table as are shown. */
const firstRows = (tables: Readonly<Record<string, ReadonlyArray<TableRow>>>) =>
  Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.slice(0, shown)]))
