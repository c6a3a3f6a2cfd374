/** Clicks on campaign links: their responses, their events, and that the request cannot change the target. */
import { describe, expect, test } from "bun:test"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import type { LinkStore } from "../../../gateway/links/store.ts"
import { arrivedAt, refusalIn } from "../gateway-for-tests.ts"
import { guardedGateway } from "../guarded-gateway.ts"
import { iphone, linkGateway, linkOptions, linksInFile, mac, pixel } from "./gateway.ts"
import { eventIn, md5, paramsIn, withSummer } from "./summer.ts"

describe("a click", () => {
  test("is an event of the topic clicks, redirected to the platform's URL", async () => {
    const { click, lines } = await withSummer()
    const answer = await click("/click/summer/go?sub=1%202", iphone)
    expect(answer.status).toBe(307)
    expect(answer.headers.get("location")).toBe("https://apps.apple.com/app/id1")
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(await answer.text()).toBe("")
    expect(lines).toEqual([
      `203.0.113.9 ${Math.floor(arrivedAt / 1000)} clicks /click/summer/go campaign=summer%20%26%20sun&adgroup=a&ad=b&network=mailing&click_lookback=604800&view_lookback=129600&creative=blue&redirect_url=https%3A%2F%2Fapps.apple.com%2Fapp%2Fid1&sub=1%202&lookup_key=${md5("203.0.113.9.ios")} ${iphone}`
    ])
    expect(eventIn(lines[0])).toMatchObject({ dialect: "adtekio", topic: Topic.make("clicks") })
  })

  test("is redirected by its platform, otherwise to the default, otherwise to the fallback", async () => {
    const { click, store } = await withSummer()
    const where = async (userAgent: string) =>
      (await click("/click/summer/go", userAgent)).headers.get("location")
    expect(await where(pixel)).toBe("market://details?id=com.example")
    expect(await where(mac)).toBe("https://example.com/app")
    expect(await where("")).toBe("https://example.com/app")
    expect(await where("constructor")).toBe("https://example.com/app")
    await store.put({ id: "other", urls: { ios: "https://a.example/" }, fallback: "https://b.example/" })
    expect((await click("/click/other/go", mac)).headers.get("location")).toBe("https://b.example/")
  })

  test("keeps the client's id of the event", async () => {
    const { click, lines } = await withSummer()
    await click("/click/summer/go?a=1", iphone, { "idempotency-key": "k" })
    expect(paramsIn(lines[0]).slice(-3)).toEqual([
      ["a", "1"],
      ["idempotency_key", "k"],
      ["lookup_key", md5("203.0.113.9.ios")]
    ])
  })

  test("gets the same response for HEAD", async () => {
    const { ask, lines } = await withSummer()
    const answer = await ask("/click/summer/go", { method: "HEAD", headers: { "user-agent": iphone } })
    expect(answer.status).toBe(307)
    expect(lines).toHaveLength(1)
  })

  test("on an unknown link is an event when the links API is off", async () => {
    const { ask, store, taken } = linkGateway({ settings: { token: undefined } })
    for (const target of [
      "/click/spring/go?a=1",
      "/click/sp%20ring/go",
      "/click/spring/go.gif",
      "/click/x/go/"
    ])
      expect((await ask(target)).status).toBe(200)
    const pixel = await ask("/click/spring/go", { headers: { accept: "image/webp", "idempotency-key": "k" } })
    expect(pixel.headers.get("content-type")).toBe("image/gif")
    expect(taken()).toEqual([
      "/click/spring/go a=1",
      "/click/sp%20ring/go e",
      "/click/spring/go e",
      "/click/x/go e",
      "/click/spring/go idempotency_key=k"
    ])
    await store.put({ id: "made-elsewhere", default: "https://a.example/" })
    expect((await ask("/click/made-elsewhere/go")).status).toBe(307)
  })

  test("on an unknown link needs a write key when keys are required", async () => {
    const { ask, lines } = guardedGateway({ keys: "12345678", more: { links: linkOptions() } })
    expect((await ask("/click/spring/go?write_key=wrong")).status).toBe(404)
    expect((await ask("/click/spring/go?write_key=12345678&a=1")).status).toBe(200)
    expect(lines).toEqual([expect.stringContaining(" nopod /click/spring/go a=1 ")])
  })

  test("on an unknown link, or one without a target for the platform, is 404 and not an event", async () => {
    const { click, store, lines } = await withSummer()
    await store.put({ id: "ios-only", urls: { ios: "https://a.example/" } })
    for (const id of ["none", "ios-only", "summer%20", "__proto__", "a%2fb", "a".repeat(65), "sümmer"])
      expect(await refusalIn(await click(`/click/${id}/go`, mac))).toMatchObject({
        status: 404,
        error: "not-found"
      })
    expect(lines).toEqual([])
    expect((await click("/click/ios-only/go", iphone)).status).toBe(307)
  })

  test("on an unknown link is redirected to NOT_FOUND_URL when set, and is an event then", async () => {
    const notFoundUrl = "https://example.com/gone"
    const { click, lines } = await withSummer({ settings: { notFoundUrl } })
    const answer = await click("/click/none/go?a=b", mac)
    expect(answer.status).toBe(307)
    expect(answer.headers.get("location")).toBe(notFoundUrl)
    expect(paramsIn(lines[0])).toEqual([
      ["redirect_url", notFoundUrl],
      ["a", "b"],
      ["lookup_key", md5("203.0.113.9.mac")]
    ])
  })

  test("is 503 without a redirect when the queue cannot store it", async () => {
    const busy = new Failure({ reason: "busy", message: "full" })
    const { click } = await withSummer({ more: { push: () => Promise.reject(busy) } })
    const answer = await click("/click/summer/go", iphone)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(answer.headers.get("location")).toBeNull()
  })

  test("is 503 and not an event when the link cannot be looked up", async () => {
    const away = new Failure({ reason: "unavailable", message: "away" })
    const store: LinkStore = { ...linksInFile(), get: () => Promise.reject(away) }
    const { click, lines } = linkGateway({ store })
    const answer = await click("/click/summer/go", iphone)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(lines).toEqual([])
  })

  test("works for a cached link while the store is unavailable, and stops when the link was removed", async () => {
    const file = linksInFile()
    const state = { isAway: false }
    const away = new Failure({ reason: "unavailable", message: "away" })
    const store: LinkStore = { ...file, get: (id) => (state.isAway ? Promise.reject(away) : file.get(id)) }
    const { click, clock } = await withSummer({ store })
    expect((await click("/click/summer/go")).status).toBe(307)
    state.isAway = true
    clock.now = 3_600_000
    expect((await click("/click/summer/go")).status).toBe(307)
    state.isAway = false
    await file.remove("summer")
    clock.now += 20_000
    expect((await click("/click/summer/go")).status).toBe(404)
  })

  test("on a similar path is an event like any other", async () => {
    const { click, taken } = await withSummer()
    for (const path of [
      "/click/summer",
      "/click/summer/go//",
      "/click/a/b/go",
      "/click//go",
      "/click/go",
      "/x/click/summer/go"
    ])
      expect(await (await click(path)).json()).toEqual({ status: "ok" })
    expect(taken()).toHaveLength(6)
  })

  test("needs GET", async () => {
    const { post } = await withSummer()
    expect((await post("/click/summer/go", { a: 1 })).status).toBe(405)
  })
})

describe("nothing in the request can change the target", () => {
  test("no parameter, no header, no path", async () => {
    const { click } = await withSummer()
    const names = [
      "redirect_url",
      "url",
      "u",
      "to",
      "next",
      "default",
      "fallback",
      "urls[ios]",
      "urls.ios",
      "target",
      "location"
    ]
    const query = names.map((name) => `${name}=https%3A%2F%2Fevil.example`).join("&")
    const headers = {
      "x-forwarded-host": "evil.example",
      "x-original-url": "//evil.example",
      "x-forwarded-proto": "javascript",
      referer: "https://evil.example/"
    }
    const answer = await click(`/click/summer/go?${query}`, iphone, headers)
    expect(answer.headers.get("location")).toBe("https://apps.apple.com/app/id1")
  })

  test("a stored target that is not allowed is ignored", async () => {
    const { click, store } = linkGateway()
    const bad = "javascript:alert(1)"
    await store.put({
      id: "a",
      urls: { ios: bad, mac: "//evil.example" },
      default: bad,
      fallback: "https://good.example/"
    })
    await store.put({ id: "b", urls: { ios: "https://user@evil.example/" }, default: bad })
    for (const userAgent of [iphone, mac, pixel]) {
      expect((await click("/click/a/go", userAgent)).headers.get("location")).toBe("https://good.example/")
      expect((await click("/click/b/go", userAgent)).status).toBe(404)
    }
  })
})
