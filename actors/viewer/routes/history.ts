/** The routes of the history: search, timelines, series and test events, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import { refuse } from "../../../gateway/http/errors.ts"
import { filterOf } from "../../inspect/events/filter.ts"
import { readCursor } from "../history/cursor.ts"
import { invalidRangeMessage, requestedRange } from "../history/requested-range.ts"
import { defaultSince, type SearchQuery } from "../history/search-query.ts"
import { GatewayUnreachable, TestEventCommand, testEventShape } from "../history/send-test-event.ts"
import { type SeriesName, seriesNames } from "../history/series.ts"
import type { History } from "../history/service.ts"
import { jsonBody } from "../http/request-body.ts"
import { json, notFound } from "../http/responses.ts"

const testEventPath = "/api/test-event"

/** The paths that accept POST. */
export const historyPostPaths: ReadonlySet<string> = new Set([testEventPath])

/** NOTE: without `parse: "none"` Elysia reads a body whole, however large, before it calls the handler. */
const unparsed = { parse: "none" } as const

const readTestEvent = jsonBody(TestEventCommand, testEventShape)

/** Events on a page of a search: default and maximum; and the default span of a series, minutes. */
const defaultLimit = 100
const maxLimit = 500
const defaultMinutes = 15

const invalidSearchMessage =
  "Invalid search: since and until must be times in ms since 1970, limit a whole number, order newest or oldest, cursor the one of a response; each filter field has at most 1,000 characters."

export const historyRoutes = (history: History) =>
  new Elysia()
    .get("/api/search", async ({ request }) => {
      const query = searchQueryOf(queryIn(request), Date.now())
      return query === undefined
        ? refuse("bad-request", invalidSearchMessage)
        : json(await history.search(query, request.signal))
    })
    .get("/api/gateway", () => json({ url: history.gateway() ?? null }))
    .get("/api/events/:id", async ({ params, request }) => {
      const logged = wholeNumber(queryIn(request).get("logged"), 0)
      return logged === undefined
        ? refuse("bad-request", "logged must be a time in ms since 1970.")
        : json(await history.timeline(params.id, logged === 0 ? undefined : logged, request.signal))
    })
    .get("/api/series/:name", async ({ params, request }) => {
      const name = seriesNames.find((one): one is SeriesName => one === params.name)
      if (name === undefined) return notFound()
      const range = requestedRange(request, Date.now())
      if (range === "invalid") return refuse("bad-request", invalidRangeMessage)
      if (range !== undefined) return json(await history.seriesOf(name, range, request.signal))
      const minutes = wholeNumber(queryIn(request).get("minutes"), defaultMinutes)
      return minutes === undefined
        ? refuse("bad-request", "minutes must be a whole number.")
        : json(history.series(name, minutes))
    })
    .post(
      testEventPath,
      async ({ request }) => {
        const command = await readTestEvent(request)
        if ("refused" in command) return command.refused
        try {
          return json(await history.sendTest(command.value))
        } catch (cause) {
          if (cause instanceof GatewayUnreachable) return refuse("unavailable", cause.message)
          throw cause
        }
      },
      unparsed
    )

/** Undefined for an invalid query. */
const searchQueryOf = (params: URLSearchParams, now: number): SearchQuery | undefined => {
  const filter = filterOf(params)
  if (filter === undefined) return undefined
  const since = wholeNumber(params.get("since"), defaultSince(filter, now))
  const until = wholeNumber(params.get("until"), Number.MAX_SAFE_INTEGER)
  const requestedLimit = wholeNumber(params.get("limit"), defaultLimit)
  const order = params.get("order") ?? "oldest"
  if (since === undefined || until === undefined || requestedLimit === undefined) return undefined
  if (order !== "newest" && order !== "oldest") return undefined
  const newestFirst = order === "newest"
  const limit = Math.min(Math.max(requestedLimit, 1), maxLimit)
  const query = { filter, since, until, limit, ...(newestFirst ? { newestFirst } : {}) }
  const from = params.get("cursor") ?? ""
  if (from === "") return query
  const cursor = readCursor(from)
  if (cursor === undefined) return undefined
  return newestFirst
    ? { ...query, until: Math.min(until, cursor.timestamp + 1), cursor }
    : { ...query, since: Math.max(since, cursor.timestamp), cursor }
}

/** The number; the default for an empty text, undefined for an invalid one. */
const wholeNumber = (text: string | null, defaultValue: number): number | undefined => {
  if (text === null || text === "") return defaultValue
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

const queryIn = (request: Request): URLSearchParams => new URL(request.url, "http://viewer").searchParams
