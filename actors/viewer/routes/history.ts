/** The addresses under which the past is asked and test events are sent, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import { refuse } from "../../../gateway/http/errors.ts"
import { filterOf } from "../../inspect/events/filter.ts"
import { readCursor } from "../history/cursor.ts"
import { askedRange, rangeSentence } from "../history/requested-range.ts"
import { type SearchQuery, standardSince } from "../history/search.ts"
import { GatewayAway, TestOrder, testShape } from "../history/send-test-event.ts"
import { type SeriesName, seriesNames } from "../history/series.ts"
import type { Past } from "../history/service.ts"
import { posted } from "../http/request-body.ts"
import { json, nothing } from "../http/responses.ts"

const testPath = "/api/test-event"

/** The paths that take a POST. */
export const pastPosts: ReadonlySet<string> = new Set([testPath])

/** NOTE: without `parse: "none"` Elysia reads a body whole, however large, before its handler is asked. */
const unread = { parse: "none" } as const

const testOrder = posted(TestOrder, testShape)

/** How many events a page of a search has, and may have; how many minutes of figures are told. */
const standardLimit = 100
const mostLimit = 500
const standardMinutes = 15

export const pastRoutes = (past: Past) =>
  new Elysia()
    .get("/api/search", async ({ request }) => {
      const query = queryOf(searchOf(request), Date.now())
      return query === undefined
        ? refuse(
            "bad-request",
            "since, until (milliseconds since 1970) and limit are whole numbers; order is newest or oldest; cursor is one of an answer; a part of the filter has at most 1,000 characters."
          )
        : json(await past.search(query, request.signal))
    })
    .get("/api/gateway", () => json({ url: past.gateway() ?? null }))
    .get("/api/events/:id", async ({ params, request }) => {
      const logged = wholeNumber(searchOf(request).get("logged"), 0)
      return logged === undefined
        ? refuse("bad-request", "logged is a time in milliseconds since 1970.")
        : json(await past.journey(params.id, logged === 0 ? undefined : logged, request.signal))
    })
    .get("/api/series/:name", async ({ params, request }) => {
      const name = seriesNames.find((one): one is SeriesName => one === params.name)
      if (name === undefined) return nothing()
      const range = askedRange(request, Date.now())
      if (range === "unreadable") return refuse("bad-request", rangeSentence)
      if (range !== undefined) return json(await past.seriesOf(name, range, request.signal))
      const minutes = wholeNumber(searchOf(request).get("minutes"), standardMinutes)
      return minutes === undefined
        ? refuse("bad-request", "minutes is a whole number.")
        : json(past.series(name, minutes))
    })
    .post(
      testPath,
      async ({ request }) => {
        const order = await testOrder(request)
        if ("refused" in order) return order.refused
        try {
          return json(await past.sendTest(order.value))
        } catch (cause) {
          if (cause instanceof GatewayAway) return refuse("unavailable", cause.message)
          throw cause
        }
      },
      unread
    )

/** What an address asks to search for; undefined when it cannot be read. */
const queryOf = (asked: URLSearchParams, now: number): SearchQuery | undefined => {
  const filter = filterOf(asked)
  if (filter === undefined) return undefined
  const since = wholeNumber(asked.get("since"), standardSince(filter, now))
  const until = wholeNumber(asked.get("until"), Number.MAX_SAFE_INTEGER)
  const limit = wholeNumber(asked.get("limit"), standardLimit)
  const order = asked.get("order") ?? "oldest"
  if (since === undefined || until === undefined || limit === undefined) return undefined
  if (order !== "newest" && order !== "oldest") return undefined
  const asksBack = order === "newest"
  const most = Math.min(Math.max(limit, 1), mostLimit)
  const page = { filter, since, until, limit: most, ...(asksBack ? { newestFirst: true } : {}) }
  const from = asked.get("cursor") ?? ""
  if (from === "") return page
  const cursor = readCursor(from)
  if (cursor === undefined) return undefined
  return asksBack
    ? { ...page, until: Math.min(until, cursor.timestamp + 1), cursor }
    : { ...page, since: Math.max(since, cursor.timestamp), cursor }
}

/** Undefined for what is none; `standard` for what is not given. */
const wholeNumber = (text: string | null, standard: number): number | undefined => {
  if (text === null || text === "") return standard
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

const searchOf = (request: Request): URLSearchParams => new URL(request.url, "http://viewer").searchParams
