/**
 * The addresses under which the tables of the counters are read as JSON, and reset. What has many rows is a file to
 * download (download-routes.ts). Keeps nothing.
 */

import { Schema } from "effect"
import { Elysia } from "elysia"
import { json, nothing } from "./answers.ts"
import type { Counter, ViewerOptions } from "./app.ts"
import { posted } from "./posted.ts"

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
  reset
}: Pick<ViewerOptions, "counters" | "tables" | "reset">) => {
  const counterNamed = (name: string): Counter | undefined => counters.find((one) => one.name === name)
  return new Elysia()
    .get("/api/counters", () => json(counters))
    .get("/api/counters/:name", async ({ params }) => {
      const counter = counterNamed(params.name)
      return counter === undefined ? nothing() : json({ ...counter, rows: await tables(counter.name) })
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
