/** deploy/rules/postbacks.yaml against stand-ins of two advertising networks. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { matcherOf, type StandIn, startStandIn, startWithRules, type WithRules } from "./shipped-rules.ts"

const variables = { vars: {}, secrets: { NORTHWIND_KEY: "x", MANGO_TOKEN: "y" } }
const match = matcherOf("postbacks", variables)
const install = { network: "northwind", platform: "ios", adid: "A-1", partner_data: "click/1" }

describe("which events match", () => {
  test("those of the network, event and platform", () => {
    for (const type of ["mac", "ist", "apo", "eor"])
      for (const platform of ["ios", "android"])
        expect(match(type, { ...install, platform })).toEqual([`northwind-${type}-${platform}`])
    expect(match("fun", { ...install, funnel_step: "3" })).toEqual(["northwind-fun-ios"])
    expect(match("pay", { ...install, amount: "1.99", currency: "EUR" })).toEqual(["northwind-pay-ios"])
    for (const type of ["mac", "ist", "apo", "fun", "pay", "eor"])
      expect(match(type, { network: "mango", partner_data: "click/1" })).toEqual(["mango"])
  })

  test("the platform is a parameter, or what the record says", () => {
    const { platform: _, ...without } = install
    expect(match("ist", without)).toEqual([])
    expect(match("ist", without, { os: "iOS" })).toEqual(["northwind-ist-ios"])
    expect(match("ist", without, { os: "Android" })).toEqual(["northwind-ist-android"])
    expect(match("ist", without, { os: "Windows" })).toEqual([])
  })

  const lacking: ReadonlyArray<readonly [type: string, param: string]> = [
    ...(["mac", "ist", "apo", "eor"] as const).flatMap((type) => [
      [type, "adid"] as const,
      [type, "network"] as const
    ]),
    ["mac", "partner_data"],
    ["fun", "funnel_step"],
    ["pay", "amount"],
    ["pay", "currency"]
  ]
  for (const [type, param] of lacking)
    test(`${type}: none without ${param}`, () => {
      const event = { ...install, funnel_step: "3", amount: "1.99", currency: "EUR" }
      expect(match(type, event)).toHaveLength(1)
      expect(match(type, { ...event, [param]: "" })).toEqual([])
    })

  test("none of another network or type", () => {
    expect(match("ist", { ...install, network: "other" })).toEqual([])
    expect(match("scs", install)).toEqual([])
    expect(match("mac", { network: "mango" })).toEqual([])
  })
})

describe("a network gets", () => {
  let northwind: StandIn
  let mango: StandIn
  let spoor: WithRules
  /** Records the events pob: each is sent on to it by a rule of this test. */
  let observer: StandIn
  beforeAll(async () => {
    // A redirect is an answer like any other: it is not followed.
    northwind = await startStandIn(({ url }) => ({
      status: url.includes("refused") ? 400 : url.includes("open") ? 302 : 204
    }))
    mango = await startStandIn()
    observer = await startStandIn()
    const pob = {
      name: "observe-pob",
      when: { type: "pob" },
      do: {
        call: {
          url: "{{ vars.OBSERVER }}/pob",
          query: Object.fromEntries(
            ["req", "s", "rc", "network", "pbid"].map((name) => [name, `{{ params.${name} }}`])
          )
        }
      }
    }
    spoor = await startWithRules(
      ["postbacks"],
      {
        RULES_VAR_NORTHWIND: northwind.url,
        RULES_SECRET_NORTHWIND_KEY: "k&y",
        RULES_VAR_MANGO: mango.url,
        RULES_SECRET_MANGO_TOKEN: "t0ken",
        RULES_VAR_OBSERVER: observer.url
      },
      [pob]
    )
  }, 60_000)
  afterAll(async () => {
    await spoor?.stop()
    for (const one of [northwind, mango, observer]) await one?.stop()
  })

  const cases: ReadonlyArray<readonly [event: string, url: string, pbid: string, status: number]> = [
    [
      "mac?platform=ios&adid=A-1&partner_data=c%2F1",
      "/v1/install?idfa=A-1&transaction=c%2F1",
      "mac-ios",
      204
    ],
    [
      "mac?platform=android&adid=A-2&partner_data=c2",
      "/v1/install?gaid=A-2&transaction=c2",
      "mac-android",
      204
    ],
    ["ist?platform=ios&adid=A-3", "/v1/first_open?idfa=A-3", "ist-ios", 302],
    ["ist?platform=android&adid=A-4", "/v1/first_open?gaid=A-4", "ist-android", 302],
    ["apo?platform=ios&adid=A-5", "/v1/open?idfa=A-5", "apo-ios", 302],
    ["apo?platform=android&adid=A-6", "/v1/open?gaid=A-6", "apo-android", 302],
    ["fun?platform=ios&adid=A-7&funnel_step=3", "/v1/tutorial?idfa=A-7&step=3", "fun-ios", 204],
    ["fun?platform=android&adid=A-8&funnel_step=4", "/v1/tutorial?gaid=A-8&step=4", "fun-android", 204],
    [
      "pay?platform=ios&adid=A-9&amount=1.99&currency=EUR",
      "/v1/purchase?idfa=A-9&value=1.99&currency=EUR",
      "pay-ios",
      204
    ],
    [
      "pay?platform=android&adid=B-1&amount=2&currency=USD",
      "/v1/purchase?gaid=B-1&value=2&currency=USD",
      "pay-android",
      204
    ],
    ["eor?platform=ios&adid=B-2&level=7", "/v1/round?idfa=B-2&level=7", "eor-ios", 204],
    ["eor?platform=android&adid=B-3", "/v1/round?gaid=B-3", "eor-android", 204],
    ["eor?platform=ios&adid=refused", "/v1/round?idfa=refused", "eor-ios", 400]
  ]
  for (const [event, path, pbid, status] of cases)
    test(`${event}: GET ${path}, and its answer becomes an event pob`, async () => {
      await spoor.send(`${event}&network=northwind`)
      const url = `${path}&key=k%26y`
      const found = await northwind.arrival(url, (request) => request.url === url)
      expect([found.method, found.body, found.headers["webhook-signature"]]).toEqual(["GET", "", undefined])
      const id = String(found.headers["webhook-id"])
      expect(id).toEndWith(`.northwind-${pbid}`)
      const expected = new URLSearchParams({
        ...{ req: id, s: status === 400 ? "failed" : "ok", rc: `${status}` },
        ...{ network: "northwind", pbid: `northwind-${pbid}` }
      })
      await observer.arrival(`pob of ${id}`, ({ url }) => url === `/pob?${expected}`)
    }, 60_000)

  test("all events at one address, as JSON, with a token", async () => {
    await spoor.send("pay?network=mango&partner_data=c%2F9&platform=ios&amount=1.99&idfa=not-asked")
    const found = await mango.arrival("the event", ({ url }) => url === "/events")
    expect([found.method, found.headers.authorization]).toEqual(["POST", "Bearer t0ken"])
    expect(JSON.parse(found.body)).toEqual({
      ...{ click: "c/9", event: "payment", platform: "ios", amount: "1.99" },
      at: expect.stringMatching(/^\d{13}$/)
    })
    await observer.arrival("its pob", ({ url }) => url.includes("pbid=mango-pay-ios"))
  }, 60_000)

  test("each request once, and nothing for an event that lacks what is required", async () => {
    await spoor.send("ist?network=northwind&platform=ios")
    await spoor.send("ist?network=northwind&platform=ios&adid=last")
    await northwind.arrival("the last", ({ url }) => url.includes("last"))
    expect(northwind.received).toHaveLength(cases.length + 1)
  }, 60_000)
})
