/**
 * Downloads of the counters' tables: `/counters/<counter>/<table>.csv` and `.json`, with `since` and `until` for a range of
 * time. Keeps nothing.
 */
import { Elysia } from "elysia"
import { Failure } from "../../../contracts/failure.ts"
import { refuse } from "../../../gateway/http/errors.ts"
import type { Counter, CounterTables, TableRow } from "../counters.ts"
import type { RangeTables } from "../history/range-counts.ts"
import { invalidRangeMessage, requestedRange } from "../history/requested-range.ts"
import type { History } from "../history/service.ts"
import { notFound } from "../http/responses.ts"
import { csvTexts, jsonTexts, streamOf } from "../http/table-download.ts"

const formats = {
  csv: { type: "text/csv; charset=utf-8; header=present", write: csvTexts },
  json: { type: "application/json", write: jsonTexts }
} as const

/** A file cannot say that it is incomplete, so an incompletely scanned range is an error. */
const completeRows = ({ rows, troubles }: RangeTables, name: string): ReadonlyArray<TableRow> => {
  const [trouble] = troubles
  if (trouble !== undefined) throw new Failure({ reason: "unavailable", message: trouble })
  return rows[name] ?? []
}

export const downloadRoutes = (
  counters: ReadonlyArray<Counter>,
  { table }: Pick<CounterTables, "table">,
  history: Pick<History, "tablesOf">
) =>
  new Elysia().get("/counters/:name/:file", async ({ params, request }) => {
    const [, name = "", format] = /^(.+)\.(csv|json)$/.exec(params.file) ?? []
    const counter = counters.find((one) => one.name === params.name)
    if (counter === undefined || !counter.tables.includes(name)) return notFound()
    if (format !== "csv" && format !== "json") return notFound()
    const range = requestedRange(request, Date.now())
    if (range === "invalid") return refuse("bad-request", invalidRangeMessage)
    const rows =
      range === undefined
        ? await table(counter.name, name)
        : completeRows(await history.tablesOf(counter, range, request.signal), name)
    const { type, write } = formats[format]
    return new Response(streamOf(write(rows)), {
      headers: {
        "content-type": type,
        "content-disposition": `attachment; filename="${counter.name}-${name}.${format}"`,
        "cache-control": "no-store"
      }
    })
  })
