/** deploy/rules/storage.yaml against a stand-in of the storage server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  basic,
  matcherOf,
  type StandIn,
  startStandIn,
  startWithRules,
  type WithRules
} from "./shipped-rules.ts"

const match = matcherOf("storage", {
  vars: { STORAGE: "http://storage", STORAGE_USER: "spoor" },
  secrets: { STORAGE_PASSWORD: "x" }
})

describe("which events match", () => {
  const cases: ReadonlyArray<
    readonly [type: string, params: Record<string, string>, rules: ReadonlyArray<string>]
  > = [
    ["bud", { owner: "shop" }, ["notify-searchers"]],
    ["bud", {}, []],
    ["bud", { owner: "" }, []],
    ["bud", { owner: ".." }, []],
    ["budget", { owner: "shop" }, []],
    ["geo", { di: "d", lt: "1", lg: "2", a: "3" }, ["store-location"]],
    ["geo", { di: "d", lt: "1", lg: "2" }, ["store-location"]],
    ["geo", { lt: "1", lg: "2", a: "3" }, []],
    ["geo", { di: "d", lg: "2" }, []],
    ["srch", { _id: "1", action: "create" }, ["notify-searches"]],
    ["srch", { _id: "1", action: "update" }, ["notify-searches"]],
    ["srch", { _id: "1", action: "setact" }, ["notify-searches"]],
    ["srch", { _id: "1" }, ["notify-searches"]],
    ["srch", { _id: "1", action: "delete" }, []],
    ["srch", { _id: "1", action: "search" }, []],
    ["srch", { action: "create" }, []],
    ["srch", { _id: ".", action: "create" }, []],
    ["offr", { _id: "1", action: "create" }, ["notify-offers"]],
    ["offr", { _id: "1", action: "delete" }, []],
    ["offr", { _id: "1", action: "search" }, []],
    ["offr", { action: "preview", text: "bike" }, []],
    ["app_open", { _id: "1", owner: "shop" }, []]
  ]
  for (const [type, params, rules] of cases)
    test(`${type} ${JSON.stringify(params)}: ${rules.join(", ") || "none"}`, () => {
      expect(match(type, params)).toEqual(rules)
    })
})

describe("the storage server gets", () => {
  let storage: StandIn
  let spoor: WithRules
  beforeAll(async () => {
    storage = await startStandIn()
    spoor = await startWithRules(["storage"], {
      RULES_VAR_STORAGE: storage.url,
      RULES_VAR_STORAGE_USER: "spoor",
      RULES_SECRET_STORAGE_PASSWORD: "pä:ss"
    })
  }, 60_000)
  afterAll(async () => {
    await spoor?.stop()
    await storage?.stop()
  })

  const cases: ReadonlyArray<readonly [event: string, url: string, rule: string]> = [
    ["bud?owner=shop%201%2F%C3%BC%2B", "/bulk/notify_searchers/shop%201%2F%C3%BC%2B", "notify-searchers"],
    ["bud?owner=5f3a", "/bulk/notify_searchers/5f3a", "notify-searchers"],
    [
      "geo?a=12%26x&lg=13.4050&lt=52.5200&di=device%20%C3%9F%2B1",
      "/store/geo?di=device%20%C3%9F%2B1&lt=52.5200&lg=13.4050&a=12%26x",
      "store-location"
    ],
    ["geo?lt=-1.5&lg=2&di=d2&other=left-out", "/store/geo?di=d2&lt=-1.5&lg=2", "store-location"],
    ["srch?action=create&_id=5f3a%2F1&title=bike", "/searches/5f3a%2F1/notify", "notify-searches"],
    ["offr?action=setact&_id=5f3b&isact=true", "/offers/5f3b/notify", "notify-offers"]
  ]
  for (const [event, url, rule] of cases)
    test(`${event}: GET ${url}, once, with its login`, async () => {
      await spoor.send(event)
      const found = await storage.arrival(url, (request) => request.url === url)
      expect([found.method, found.headers.authorization, found.body]).toEqual([
        "GET",
        basic("spoor", "pä:ss"),
        ""
      ])
      expect(found.headers["webhook-id"]).toMatch(new RegExp(`^[0-9a-f]+-\\d+\\.${rule}$`))
      expect(found.headers["content-type"]).toBeUndefined()
    })

  test("nothing for events that match no rule, and each match is in the ledger once", async () => {
    for (const event of ["srch?action=delete&_id=1", "offr?action=search&kw=bike", "bud?n=1", "geo?di=d"])
      await spoor.send(event)
    // The log keeps the order of these events: when the last call has arrived, those before it were judged.
    await spoor.send("bud?owner=last")
    await storage.arrival("the last", ({ url }) => url.endsWith("/last"))
    expect(storage.received).toHaveLength(cases.length + 1)
    expect(JSON.stringify(await spoor.view("/api/reactions"))).not.toContain("STORAGE_PASSWORD=")
  })
})
