/** deploy/rules/geo-names.yaml, with storage.yaml, against stand-ins of the geo-names and the storage server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { eventually } from "../../support/eventually.ts"
import {
  basic,
  matcherOf,
  type StandIn,
  startStandIn,
  startWithRules,
  type WithRules
} from "./shipped-rules.ts"

const match = matcherOf("geo-names", { vars: {}, secrets: { STORAGE_PASSWORD: "x" } })
const search = { action: "search", kw: "#poi", sw: "52.3,13.1", ne: "52.6,13.7" }

describe("which events match", () => {
  const cases: ReadonlyArray<
    readonly [type: string, params: Record<string, string>, rules: ReadonlyArray<string>]
  > = [
    ["offr", search, ["geo-names-places"]],
    ["offr", { ...search, kw: "bikes #POI near" }, ["geo-names-places"]],
    ["offr", { ...search, kw: "#wikipedia" }, ["geo-names-articles"]],
    ["offr", { ...search, kw: "#poi #wikipedia" }, ["geo-names-places", "geo-names-articles"]],
    [
      "offr",
      { action: "search", kw: "#poi", "ne[latitude]": "1", "ne[longitude]": "2" },
      ["geo-names-places"]
    ],
    ["offr", { ...search, kw: "poi" }, []],
    ["offr", { ...search, action: "create" }, []],
    ["offr", { ...search, ne: "" }, []],
    ["srch", search, []]
  ]
  for (const [type, params, rules] of cases)
    test(`${type} ${JSON.stringify(params)}: ${rules.join(", ") || "none"}`, () => {
      expect(match(type, params)).toEqual(rules)
    })
})

/** 200 rows as the API gives them in style SHORT, and of articles. */
const places = Array.from({ length: 200 }, (_, i) => ({
  ...{ lng: `13.${100 + i}`, geonameId: 6_000_000 + i, countryCode: "DE", name: `Place "${i}" – Straße` },
  ...{ toponymName: `Place ${i}`, lat: `52.${300 + i}`, fcl: "S", fcode: "HTL" }
}))
const articles = Array.from({ length: 75 }, (_, i) => ({
  ...{
    summary: "ä".repeat(200),
    elevation: 34,
    lng: 13 + i / 1_000,
    distance: "0.1",
    countryCode: "DE",
    rank: 90
  },
  ...{
    lang: "en",
    title: `Article ${i}`,
    lat: 52 + i / 1_000,
    wikipediaUrl: `en.wikipedia.org/wiki/Article_${i}`
  }
}))

interface Offers {
  readonly new_offers: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly old_offers: ReadonlyArray<unknown>
  readonly remove_offers: ReadonlyArray<unknown>
}

describe("a search", () => {
  let geoNames: StandIn
  let storage: StandIn
  let spoor: WithRules
  beforeAll(async () => {
    geoNames = await startStandIn(({ url }) => ({
      json: { geonames: url.includes("south=0") ? [] : url.startsWith("/search") ? places : articles }
    }))
    storage = await startStandIn()
    spoor = await startWithRules(["geo-names", "storage"], {
      RULES_VAR_STORAGE: storage.url,
      RULES_VAR_STORAGE_USER: "spoor",
      RULES_SECRET_STORAGE_PASSWORD: "pass",
      RULES_VAR_GEO_NAMES: geoNames.url,
      RULES_VAR_GEO_NAMES_USER: "a user",
      RULES_VAR_GEO_NAMES_OWNER: "geo-bot"
    })
  }, 60_000)
  afterAll(async () => {
    await spoor?.stop()
    await storage?.stop()
    await geoNames?.stop()
  })

  const isBulk = ({ url }: { readonly url: string }): boolean => url === "/bulk/offers"

  /** The offers that were posted; checks what all have in common. */
  const offersOf = async (keyword: string): Promise<Offers["new_offers"]> => {
    const fits = (request: { readonly url: string; readonly body: string }): boolean =>
      isBulk(request) && request.body.includes(`"${keyword}"`)
    const { method, headers, body } = await storage.arrival("the offers", fits)
    expect([method, headers.authorization, headers["content-type"]]).toEqual([
      "POST",
      basic("spoor", "pass"),
      "application/json"
    ])
    const { new_offers, ...others } = JSON.parse(body) as Offers
    expect(others).toEqual({ old_offers: [], remove_offers: [] })
    expect(new_offers).toHaveLength(51)
    for (const offer of new_offers) {
      expect(offer).toMatchObject({ owner: "geo-bot", keywords: [keyword], radiusMeters: 225 })
      expect(Number(offer.validuntil) - Number(offer.validfrom)).toBe(7 * 86_400_000)
      expect(Math.abs(Date.now() - Number(offer.validfrom))).toBeLessThan(120_000)
    }
    return new_offers
  }

  test("with #poi: 51 of 200 places become offers, then their owner's matches are looked up", async () => {
    await spoor.send("offr?action=search&kw=%23poi&by=anna&sw=52.3,13.1&ne=52.6,13.7")
    const offers = await offersOf("#poi")
    const ids = offers.map(({ extdata }) => (extdata as { readonly id: string }).id)
    expect(new Set(ids).size).toBe(51)
    for (const [i, offer] of offers.entries()) {
      const place = places.find(({ geonameId }) => ids[i] === `geonames-${geonameId}`)
      expect([offer.text, offer.place, offer.location] as ReadonlyArray<unknown>).toEqual([
        place?.name,
        place?.name,
        { type: "Point", coordinates: [Number(place?.lng), Number(place?.lat)] }
      ])
    }
    // Not the first 51.
    expect(ids.every((id) => Number(id.split("-")[1]) < 6_000_051)).toBe(false)
    const url = "/bulk/notify_searchers/geo-bot"
    const matched = await storage.arrival(url, (request) => request.url === url)
    expect(matched.method).toBe("GET")
    expect(geoNames.received.map(({ method, url }) => [method, url])).toEqual([
      [
        "GET",
        "/searchJSON?south=52.3&west=13.1&north=52.6&east=13.7&featureClass=S&style=SHORT&maxRows=200&username=a%20user"
      ]
    ])
  }, 60_000)

  test("with #wikipedia: places with articles around the middle of the area", async () => {
    await spoor.send(
      "offr?action=search&kw=%23wikipedia&sw[latitude]=52.3&sw[longitude]=13.1&ne[latitude]=52.6&ne[longitude]=13.7"
    )
    const [offer] = await offersOf("#wikipedia")
    const article = articles.find(({ title }) => title === offer?.text)
    const link = `https://${article?.wikipediaUrl}`
    expect([offer?.extdata, offer?.location] as ReadonlyArray<unknown>).toEqual([
      { id: link, link },
      { type: "Point", coordinates: [article?.lng, article?.lat] }
    ])
    expect(geoNames.received.at(-1)?.url).toBe(
      "/findNearbyWikipediaJSON?lat=52.45&lng=13.4&radius=16.7&maxRows=75&username=a%20user"
    )
  }, 60_000)

  test("without an answer of places, or without an area, nothing is posted and no event sent", async () => {
    const isMatching = ({ url }: { readonly url: string }): boolean =>
      url === "/bulk/notify_searchers/geo-bot"
    await eventually("both searches before are done", () => storage.received.filter(isMatching).length === 2)
    const before = storage.received.length
    await spoor.send("offr?action=search&kw=%23poi&sw=0,13.1&ne=1,13.7")
    await spoor.send("offr?action=search&kw=%23poi&ne=1,13.7")
    await geoNames.arrival("the question", ({ url }) => url.includes("south=0"))
    await spoor.send("bud?owner=last")
    await storage.arrival("the last", ({ url }) => url.endsWith("/last"))
    expect(storage.received.length).toBe(before + 1)
    expect(geoNames.received.filter(({ url }) => url.startsWith("/searchJSON"))).toHaveLength(2)
  }, 60_000)
})
