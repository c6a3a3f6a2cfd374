/** The tables of counters as files to download: `/counters/<counter>/<table>.csv` and `.json`. Keeps nothing. */
import { Elysia } from "elysia"
import { nothing } from "./answers.ts"
import type { Counter, TableRow } from "./app.ts"
import { csvTexts, jsonTexts, streamOf } from "./table-file.ts"

const kinds = {
  csv: { type: "text/csv; charset=utf-8; header=present", write: csvTexts },
  json: { type: "application/json", write: jsonTexts }
} as const

/** `table` reads all rows of a counter's table. */
export const downloadRoutes = (
  counters: ReadonlyArray<Counter>,
  table: (counter: string, table: string) => Promise<ReadonlyArray<TableRow>>
) =>
  new Elysia().get("/counters/:name/:file", async ({ params }) => {
    const [, name = "", kind] = /^(.+)\.(csv|json)$/.exec(params.file) ?? []
    const counter = counters.find((one) => one.name === params.name)
    if (counter === undefined || !counter.tables.includes(name) || (kind !== "csv" && kind !== "json")) {
      return nothing()
    }
    const { type, write } = kinds[kind]
    return new Response(streamOf(write(await table(counter.name, name))), {
      headers: {
        "content-type": type,
        "content-disposition": `attachment; filename="${counter.name}-${name}.${kind}"`,
        "cache-control": "no-store"
      }
    })
  })
