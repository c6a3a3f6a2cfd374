import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import type { Bytes } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { parseParams } from "../../../contracts/wire/params.ts"
import { clickQuery } from "../../../gateway/links/click-query.ts"
import type { LinkStore } from "../../../gateway/links/store.ts"
import { privacyOf } from "../../../gateway/privacy/privacy.ts"
import { arrivedAt, refusalIn } from "../asked-gateway.ts"
import { iphone, linkGateway, linksInFile, mac, pixel } from "./gateway.ts"

const md5 = (text: string): string => createHash("md5").update(text).digest("hex")

const summer = {
  id: "summer",
  urls: { ios: "https://apps.apple.com/app/id1", android: "market://details?id=com.example" },
  default: "https://example.com/app",
  fallback: "https://example.com/",
  campaign: "summer & sun",
  adgroup: "a",
  ad: "b",
  network: "mailing",
  click_lookback: "7 days",
  view_lookback: "36 hours",
  params: { creative: "blue" }
}

const withSummer = async (given: Parameters<typeof linkGateway>[0] = {}) => {
  const gateway = linkGateway(given)
  await gateway.store.put(summer)
  return gateway
}

const topics = { topic: Topic.make("events"), topics: new Set(["clicks"]) }

/** The line as the drainer reads it. */
const eventIn = (line: string | undefined) => {
  const parsed = parseLine((line ?? "") as Bytes, topics, 0)
  if (parsed.kind !== "event") throw new Error(`${line} is no event`)
  return parsed.event
}

const paramsIn = (line: string | undefined) => parseParams(eventIn(line).query)

describe("a click", () => {
  test("is an event of the topic clicks, and leads where the platform's URL says", async () => {
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

  test("is led by its platform, else to the default, else to the fallback", async () => {
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

  test("is answered so to HEAD too", async () => {
    const { ask, lines } = await withSummer()
    const answer = await ask("/click/summer/go", { method: "HEAD", headers: { "user-agent": iphone } })
    expect(answer.status).toBe(307)
    expect(lines).toHaveLength(1)
  })

  test("of no link, or of one that leads nowhere for this platform, is 404 and no event", async () => {
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

  test("of no link leads to NOT_FOUND_URL where it is set, and then is an event", async () => {
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

  test("is 503 and no redirect when the queue cannot take it", async () => {
    const busy = new Failure({ reason: "busy", message: "full" })
    const { click } = await withSummer({ more: { push: () => Promise.reject(busy) } })
    const answer = await click("/click/summer/go", iphone)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(answer.headers.get("location")).toBeNull()
  })

  test("is 503 and no event when nobody can say where it leads", async () => {
    const away = new Failure({ reason: "unavailable", message: "away" })
    const store: LinkStore = { ...linksInFile(), get: () => Promise.reject(away) }
    const { click, lines } = linkGateway({ store })
    const answer = await click("/click/summer/go", iphone)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("1")
    expect(lines).toEqual([])
  })

  test("goes on for a link that is remembered while the store is away, and stops when it says that it is gone", async () => {
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

  test("of a path that is only similar is an event like any other", async () => {
    const { click, taken } = await withSummer()
    for (const path of [
      "/click/summer",
      "/click/summer/go/",
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

describe("nothing in the request has a say in where it leads", () => {
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

  test("what stands in the store and is no allowed target leads nowhere", async () => {
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

describe("the lookup key", () => {
  const keyOf = async (query: string, userAgent = iphone, headers: Record<string, string> = {}) => {
    const { click, lines } = await withSummer()
    await click(`/click/summer/go?${query}`, userAgent, headers)
    return paramsIn(lines[0]).filter(([name]) => name === "lookup_key")
  }
  const id = "AEBE52E7-03EE-455A-B3C4-E57283966239"
  const ofId = [["lookup_key", md5(id.toLowerCase())]] as Array<[string, string]>
  const ofAddress = [["lookup_key", md5("203.0.113.9.ios")]] as Array<[string, string]>

  test("is of the advertising id, however it is written", async () => {
    for (const name of [
      "idfa",
      "gaid",
      "aifa",
      "adid",
      "gps_adid",
      "google_aid",
      "oaid",
      "ifa",
      "rdid",
      "advertising_id"
    ])
      for (const written of [id, id.toLowerCase(), id.replaceAll("-", ""), `%20${id}+`])
        expect(await keyOf(`a=b&${name}=${written}`)).toEqual(ofId)
  })

  test("is of the first name on the list, not of the first in the query", async () => {
    expect(await keyOf(`adid=11111111-2222-3333-4444-555555555555&idfa=${id}`)).toEqual(ofId)
    expect(await keyOf(`idfa={idfa}&idfa=${id}&idfa=11111111-2222-3333-4444-555555555555`)).toEqual(ofId)
  })

  test("is of address and platform where there is no id, or one that stands for nobody", async () => {
    const nobody = "00000000-0000-0000-0000-000000000000"
    for (const query of [
      "",
      "idfa=",
      `idfa=${nobody}`,
      `gaid=${nobody.replaceAll("-", "")}`,
      "idfa={idfa}",
      "idfa=__IDFA__",
      "idfa=null",
      "idfa=%00",
      `IDFA=${id}`
    ])
      expect(await keyOf(query)).toEqual(ofAddress)
    expect(await keyOf("", "")).toEqual([["lookup_key", md5("203.0.113.9.")]])
  })

  test("cannot be given by the click", async () => {
    expect(await keyOf(`lookup_key=forged&idfa=${id}`)).toEqual(ofId)
    expect(await keyOf("lookup%5Fkey=forged")).toEqual(ofAddress)
    expect(await keyOf("lookup_key[]=forged")).toEqual(ofAddress)
  })

  test("is of the address as the line has it, and is not there when nobody is to know the address", async () => {
    const privacy = (mask?: { ipv4: number; ipv6: number }) =>
      privacyOf({
        policy: undefined,
        mask,
        anonymousHeaders: ["x-anonymous"],
        visitor: undefined,
        count: () => {}
      })
    const masked = await withSummer({ more: { privacy: privacy({ ipv4: 24, ipv6: 48 }) } })
    await masked.click("/click/summer/go", iphone)
    await masked.click(`/click/summer/go?idfa=${id}`, iphone)
    await masked.click("/click/summer/go", iphone, { "x-anonymous": "1" })
    expect(paramsIn(masked.lines[0]).at(-1)).toEqual(["lookup_key", md5("203.0.113.0.ios")])
    expect(paramsIn(masked.lines[1]).find(([name]) => name === "lookup_key")?.[1]).toBe(md5(id.toLowerCase()))
    expect(masked.lines[2]).toStartWith("0.0.0.0 ")
    expect(paramsIn(masked.lines[2]).map(([name]) => name)).not.toContain("lookup_key")
  })
})

describe("the query of a click", () => {
  const of = (clicked: string) => clickQuery(undefined, "https://a.example/", clicked as Bytes).query

  test("keeps what the click had, byte for byte", () => {
    for (const clicked of ["a=1&a=2", "a", "a=%zz&b=%C3%28", "b[c]=d&=x&%00=1", "sub=\xc3\xbc+x", "idfax=1"])
      expect(of(clicked)).toBe(`redirect_url=https%3A%2F%2Fa.example%2F&${clicked}` as Bytes)
  })

  test("gives advertising ids their dashes", () => {
    expect(of("x=1&idfa=AEBE52E703EE455AB3C4E57283966239&y=2")).toEndWith(
      "&x=1&idfa=AEBE52E7-03EE-455A-B3C4-E57283966239&y=2"
    )
  })

  test("lets nobody speak for the link", async () => {
    const { click, lines } = await withSummer()
    const names = [
      "campaign",
      "adgroup",
      "ad",
      "network",
      "click_lookback",
      "view_lookback",
      "redirect_url",
      "lookup_key",
      "creative"
    ]
    await click(
      `/click/summer/go?${names.map((name) => `${name}=evil`).join("&")}&c%61mpaign=evil&campaign[x]=evil&other=1`,
      iphone
    )
    const params = paramsIn(lines[0])
    for (const name of names) {
      expect(params.filter(([known]) => known === name)).toHaveLength(1)
      expect(params.find(([known]) => known === name)?.[1]).not.toBe("evil")
      expect(params).toContainEqual([`click.${name}`, "evil"])
    }
    expect(params.filter(([name]) => name.startsWith("campaign"))).toHaveLength(1)
    expect(params).toContainEqual(["other", "1"])
  })
})
