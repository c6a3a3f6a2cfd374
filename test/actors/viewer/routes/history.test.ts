/** What the history routes accept and refuse; and the downloads. */
import { describe, expect, test } from "bun:test"
import type { SearchQuery } from "../../../../actors/viewer/history/search-query.ts"
import { GatewayUnreachable, sendTestTo } from "../../../../actors/viewer/history/send-test-event.ts"
import type { History } from "../../../../actors/viewer/history/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { serve } from "../../../../gateway/http/serve.ts"
import { ask, counterTables, noHistory, ownPage } from "../requests.ts"

const withHistory = (some: Partial<History>) => ({ history: { ...noHistory, ...some } })

describe("GET /api/search", () => {
  const received = async (query: string) => {
    const seen: Array<SearchQuery> = []
    const search: History["search"] = async (one) => {
      seen.push(one)
      return { events: [], looked: 0, complete: true, next: undefined, troubles: [] }
    }
    const answer = await ask(`/api/search${query}`, withHistory({ search }))
    return { status: answer.status, query: seen[0] }
  }

  test("accepts a filter, times and a limit", async () => {
    const { query } = await received(
      "?type=%3Dapp_open&param=a%3D1&country=&since=5&until=9&limit=7&stage=raw"
    )
    expect(query).toEqual({
      filter: { type: "=app_open", param: "a=1", stage: "raw" },
      since: 5,
      until: 9,
      limit: 7
    })
    const standard = (await received("")).query
    expect(standard).toMatchObject({ filter: {}, until: Number.MAX_SAFE_INTEGER, limit: 100 })
    expect((await received("?limit=100000")).query?.limit).toBe(500)
    expect((await received("?limit=0")).query?.limit).toBe(1)
  })

  test("refuses invalid numbers and oversized filters", async () => {
    for (const query of ["?since=yesterday", "?until=-1", "?limit=1e9", `?text=${"x".repeat(1_001)}`]) {
      expect(await received(query)).toEqual({ status: 400, query: undefined })
    }
  })

  test("is 503 at the limit of concurrent searches", async () => {
    const search = () => Promise.reject(new Failure({ reason: "busy", message: "Too many searches." }))
    const answer = await ask("/api/search", withHistory({ search }))
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("1")
  })
})

describe("GET /api/series", () => {
  test("returns the known series of the given minutes", async () => {
    const seen: Array<unknown> = []
    const series: History["series"] = (name, minutes) => {
      seen.push([name, minutes])
      return { name, unit: "ms", step: 5, times: [], known: 0, lines: [], troubles: [] }
    }
    expect((await ask("/api/series/klag", withHistory({ series }))).status).toBe(200)
    expect((await ask("/api/series/all?minutes=60", withHistory({ series }))).status).toBe(200)
    expect(seen).toEqual([
      ["klag", 15],
      ["all", 60]
    ])
    expect((await ask("/api/series/toString", withHistory({ series }))).status).toBe(404)
    expect((await ask("/api/series/all?minutes=x", withHistory({ series }))).status).toBe(400)
  })
})

describe("POST /api/test-event", () => {
  const post = (body: unknown, some: Partial<History>, headers: Record<string, string> = ownPage) =>
    ask("/api/test-event", withHistory(some), { method: "POST", headers, body: JSON.stringify(body) })
  const event = { type: "app_open", params: { a: "1" } }

  test("is sent through the gateway as a client would, with a marker", async () => {
    const requests: Array<{ url: string; body: unknown; key: string | null }> = []
    const gateway = await serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        const { pathname } = new URL(request.url)
        requests.push({ url: pathname, body: await request.json(), key: request.headers.get("x-write-key") })
        return Response.json({ status: "ok" })
      }
    })
    const sendTest = sendTestTo(() => `http://127.0.0.1:${gateway.port}`)
    const answer = await post({ type: "a/../b c?", params: { a: "1" }, key: "secret" }, { sendTest })
    expect(answer.status).toBe(200)
    const told = await answer.json()
    expect(told).toMatchObject({ status: 200, body: '{"status":"ok"}', took: expect.any(Number) })
    expect(requests).toEqual([
      { url: "/t/a%2F..%2Fb%20c%3F", body: { a: "1", spoor_test: told.marker }, key: "secret" }
    ])
    await gateway.close()
    const gone = await post(event, { sendTest })
    expect(gone.status).toBe(503)
    expect((await gone.json()).message).toContain(
      `http://127.0.0.1:${gateway.port} (GATEWAY_URL) did not respond`
    )
  })

  test("is refused when no gateway is known", async () => {
    const answer = await post(event, { sendTest: sendTestTo(() => undefined) })
    expect(answer.status).toBe(503)
    expect((await answer.json()).message).toContain("GATEWAY_URL")
  })

  test("refuses paths that leave the endpoint, oversized events, and other pages", async () => {
    const sendTest = () => Promise.reject(new GatewayUnreachable("asked"))
    for (const type of ["", ".", "..", "a\nb", "x".repeat(201)]) {
      expect((await post({ type, params: {} }, { sendTest })).status).toBe(400)
    }
    expect((await post({ type: "a", params: {}, key: "a\r\nb" }, { sendTest })).status).toBe(400)
    expect((await post({ type: "a", params: { a: 1 } }, { sendTest })).status).toBe(400)
    expect((await post({ type: "a", params: {}, gateway: "http://evil.example" }, { sendTest })).status).toBe(
      400
    )
    expect((await post(event, {}, { ...ownPage, origin: "http://evil.example" })).status).toBe(401)
    expect((await ask("/api/test-event", withHistory({}))).status).toBe(405)
  })
})

describe("downloads", () => {
  const download = (path: string) =>
    ask(`/counters/${path}`, {
      counterTables: { ...counterTables, table: async () => [{ type: "=1+1", events: 3 }] }
    })

  test("are CSV, with a formula guard, or JSON", async () => {
    const csv = await download("event-counter/by-type.csv")
    expect(csv.headers.get("content-type")).toStartWith("text/csv")
    expect(csv.headers.get("content-disposition")).toBe('attachment; filename="event-counter-by-type.csv"')
    expect(await csv.text()).toBe('"type","events"\r\n"\'=1+1",3\r\n')
    const asJson = await download("event-counter/by-type.json")
    expect(asJson.headers.get("content-disposition")).toContain("event-counter-by-type.json")
    expect(await asJson.json()).toEqual([{ type: "=1+1", events: 3 }])
  })

  test("are 404 for unknown tables", async () => {
    for (const path of [
      "event-counter/by-type.exe",
      "event-counter/other.csv",
      "other/by-type.csv",
      "event-counter/.csv"
    ]) {
      expect((await download(path)).status).toBe(404)
    }
  })
})
