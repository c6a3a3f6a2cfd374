/** The links API of the old system: signed forms create and delete links that both APIs see; everything else is 404. */
import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { Failure } from "../../../contracts/failure.ts"
import type { LinkStore } from "../../../gateway/links/store.ts"
import { refusalIn } from "../gateway-for-tests.ts"
import { guardedGateway } from "../guarded-gateway.ts"
import { iphone, linkGateway, linkOptions, linksInFile, mac } from "./gateway.ts"

const secret = "pepper of the old system"
const old = {
  ...{ id: 41, campaign: "fubar & more", adgroup: "g", ad: "", network: "eccrine", campaign_url: null },
  ...{
    target_url: { ios: "https://apps.example/1", ubuntu: "https://l.example/", default: "https://d.example/" }
  },
  ...{ attribution_window_fingerprint: 10, attribution_window_idfa: 1440, country: "DE", user_id: 2 }
}

const peppered = (link: string, salt: string, by = secret): string =>
  createHash("sha1").update(`${salt}${link}${by}`).digest("hex")

const withOldApi = (store: LinkStore = linksInFile(), settings: object = {}) => {
  const gateway = linkGateway({ store, settings: { secret: () => secret, ...settings } })
  const send = (
    what: string,
    link: unknown,
    { salt = "s1", pepper, peer }: { salt?: string; pepper?: string; peer?: string } = {}
  ) => {
    const text = typeof link === "string" ? link : JSON.stringify(link)
    const body = new URLSearchParams({ campaign_link: text, pepper: pepper ?? peppered(text, salt) })
    return gateway.ask(what, {
      method: "POST",
      headers: { "x-api-salt": salt, "content-type": "application/x-www-form-urlencoded" },
      body: body.toString(),
      ...(peer === undefined ? {} : { peer })
    })
  }
  return { ...gateway, send }
}

describe("the old links API", () => {
  test("creates a link that the new API shows and clicks follow, and deletes it", async () => {
    const { send, click, manage } = withOldApi()
    const created = await send("/api/1/create", old)
    expect([created.status, await created.json()]).toEqual([200, { status: "ok" }])
    expect(await (await manage("GET", "/41")).json()).toEqual({
      ...{ id: "41", campaign: "fubar & more", adgroup: "g", network: "eccrine" },
      urls: { ios: "https://apps.example/1", linux: "https://l.example/" },
      default: "https://d.example/",
      params: {
        ...{ country: "DE", user_id: "2" },
        ...{ attribution_window_fingerprint: "10", attribution_window_idfa: "1440" }
      }
    })
    expect((await click("/click/41/go", iphone)).headers.get("location")).toBe("https://apps.example/1")
    expect(
      (await send("/api/v2/create", { ...old, target_url: '{"default":"https://e.example/"}' })).status
    ).toBe(200)
    expect((await click("/click/41/go", mac)).headers.get("location")).toBe("https://e.example/")
    expect(await (await send("/api/1/delete", { id: "41" })).json()).toEqual({ status: "ok" })
    expect((await click("/click/41/go", mac)).status).toBe(404)
    expect((await send("/api/1/delete", { id: 41 })).status).toBe(404)
  })

  test("gives a link without an id one of its own", async () => {
    const { send, store } = withOldApi()
    const { id: _, ...without } = old
    expect((await send("/api/1/create", without)).status).toBe(200)
    expect((await store.list(undefined, 10)).links).toHaveLength(1)
  })

  test("works without LINKS_TOKEN, and is off without LINKS_SECRET", async () => {
    const { send, click } = withOldApi(linksInFile(), { token: undefined })
    expect((await send("/api/1/create", old)).status).toBe(200)
    expect((await click("/click/41/go", mac)).status).toBe(307)
    expect((await click("/click/none/go", mac)).status).toBe(404)
    const off = withOldApi(linksInFile(), { secret: undefined })
    expect((await off.send("/api/1/create", old)).status).toBe(405)
  })

  test("refuses a wrong pepper, another salt or secret, a changed link, and one without a salt", async () => {
    const { send, store } = withOldApi()
    const text = JSON.stringify(old)
    const wrong = [
      { pepper: "" },
      { pepper: "0".repeat(40) },
      { pepper: peppered(text, "other") },
      { pepper: peppered(text, "s1", "other") },
      { pepper: peppered(`${text} `, "s1") },
      { pepper: `${peppered(text, "s1")}0` },
      { salt: "" }
    ]
    for (const given of wrong)
      expect(await refusalIn(await send("/api/1/create", text, given))).toMatchObject({ status: 404 })
    expect((await store.list(undefined, 10)).links).toEqual([])
  })

  test("makes a network wait that tried too often, also with the right pepper", async () => {
    const { send } = withOldApi()
    for (let i = 0; i < 10; i++)
      await send("/api/1/create", old, { pepper: "0".repeat(40), peer: "198.51.100.7" })
    const answer = await send("/api/1/create", old, { peer: "198.51.100.7" })
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "60"])
    expect((await send("/api/1/create", old, { peer: "198.51.101.7" })).status).toBe(200)
  })

  test("answers 404, and says why, for a link that is none", async () => {
    const { send } = withOldApi()
    const bad: ReadonlyArray<readonly [link: unknown, why: RegExp]> = [
      ["[]", /campaign_link: It must be a JSON object/],
      ["{", /campaign_link: It must be a JSON object/],
      [{ ...old, target_url: "x" }, /target_url: It must be a JSON object/],
      [{ ...old, target_url: {} }, /must have a target/],
      [{ ...old, target_url: { default: "javascript:alert(1)" } }, /default: /],
      [
        { ...old, target_url: { symbian: "https://a.example/" } },
        /target_url.symbian: The platforms are ios/
      ],
      [{ ...old, id: "a b" }, /id: It must be 1 to 64/]
    ]
    for (const [link, why] of bad)
      expect(await refusalIn(await send("/api/1/create", link))).toMatchObject({
        status: 404,
        message: expect.stringMatching(why)
      })
    expect((await send("/api/1/delete", { id: "../x" })).status).toBe(404)
  })

  test("is 503 when the store cannot be reached", async () => {
    const away = () => Promise.reject(new Failure({ reason: "unavailable", message: "away" }))
    const { send } = withOldApi({ ...linksInFile(), put: away, remove: away })
    expect((await send("/api/1/create", old)).status).toBe(503)
    expect((await send("/api/1/delete", old)).status).toBe(503)
  })

  test("needs no write key; a GET there is an event, which needs one", async () => {
    const links = linkOptions(linksInFile(), { secret: () => secret })
    const { ask, lines } = guardedGateway({ keys: "12345678", more: { links } })
    const body = new URLSearchParams({
      campaign_link: JSON.stringify(old),
      pepper: peppered(JSON.stringify(old), "s")
    })
    const headers = { "x-api-salt": "s", "content-type": "application/x-www-form-urlencoded" }
    expect((await ask("/api/1/create", { method: "POST", headers, body: body.toString() })).status).toBe(200)
    expect((await ask("/api/1/create?a=1")).status).toBe(401)
    expect(lines).toEqual([])
  })
})
