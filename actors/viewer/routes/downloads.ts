/**
 * The tables of counters as files to download: `/counters/<counter>/<table>.csv` and `.json`, with `since` and `until`
 * those of a range of time. Keeps nothing.
 */
import { Elysia } from "elysia"
import { Failure } from "../../../contracts/failure.ts"
import { refuse } from "../../../gateway/http/errors.ts"
import type { Counter, TableRow } from "../counters.ts"
import type { RangeTables } from "../history/range-counts.ts"
import { askedRange, rangeSentence } from "../history/requested-range.ts"
import type { Past } from "../history/service.ts"
import { nothing } from "../http/responses.ts"
import { csvTexts, jsonTexts, streamOf } from "../http/table-download.ts"

const kinds = {
  csv: { type: "text/csv; charset=utf-8; header=present", write: csvTexts },
  json: { type: "application/json", write: jsonTexts }
} as const

/** A file says nothing of what it lacks, so there is none of a range that could not be looked through. */
const wholeRows = ({ rows, troubles }: RangeTables, name: string): ReadonlyArray<TableRow> => {
  const [trouble] = troubles
  if (trouble !== undefined) throw new Failure({ reason: "unavailable", message: trouble })
  return rows[name] ?? []
}

/** `table` reads all rows of a counter's table. */
export const downloadRoutes = (
  counters: ReadonlyArray<Counter>,
  table: (counter: string, table: string) => Promise<ReadonlyArray<TableRow>>,
  past: Pick<Past, "tablesOf">
) =>
  new Elysia().get("/counters/:name/:file", async ({ params, request }) => {
    const [, name = "", kind] = /^(.+)\.(csv|json)$/.exec(params.file) ?? []
    const counter = counters.find((one) => one.name === params.name)
    if (counter === undefined || !counter.tables.includes(name) || (kind !== "csv" && kind !== "json")) {
      return nothing()
    }
    const range = askedRange(request, Date.now())
    if (range === "unreadable") return refuse("bad-request", rangeSentence)
    const rows =
      range === undefined
        ? await table(counter.name, name)
        : wholeRows(await past.tablesOf(counter, range, request.signal), name)
    const { type, write } = kinds[kind]
    return new Response(streamOf(write(rows)), {
      headers: {
        "content-type": type,
        "content-disposition": `attachment; filename="${counter.name}-${name}.${kind}"`,
        "cache-control": "no-store"
      }
    })
  })
