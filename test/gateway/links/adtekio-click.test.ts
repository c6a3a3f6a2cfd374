/** Clicks in the dialect adtekio: what the consumers of the old system read in them, and that no click can set it. */
import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { arrivedAt } from "../gateway-for-tests.ts"
import { iphone, linkGateway } from "./gateway.ts"
import { eventIn, md5, paramsIn } from "./summer.ts"

/** A value of the old system's own tests, with its lookup key. */
const adid = "44566636-6BC5-48DE-B4AE-7DF9DF06B356"

const withLink = async (params: Readonly<Record<string, string>> = {}, more: object = {}) => {
  const gateway = linkGateway({ settings: { dialect: "adtekio" } })
  await gateway.store.put({
    ...{ id: "41", default: "https://shop.example/", campaign: "fubar", network: "eccrine", ad: "a" },
    params: { user_id: "2", attribution_window_idfa: "100", attribution_window_fingerprint: "10", ...params },
    ...more
  })
  const clicked = async (query: string, userAgent = iphone) => {
    await gateway.click(`/click/41/go?${query}`, userAgent)
    return Object.fromEntries(paramsIn(gateway.lines.at(-1)).toReversed())
  }
  return { ...gateway, clicked }
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`

describe("a click in the dialect adtekio", () => {
  test("is an event /t/click in the topic clicks with the old parameters beside those of every click", async () => {
    const { clicked, lines } = await withLink()
    const params = await clicked(
      `adid=${adid.replaceAll("-", "").toLowerCase()}&click=77&cb=p1&andmore=a%20b`
    )
    expect(eventIn(lines[0])).toMatchObject({ path: "/t/click", topic: "clicks" })
    expect(params).toEqual({
      ...{ campaign: "fubar", network: "eccrine", ad: "a", user_id: "2", campaign_link_id: "41" },
      ...{ attribution_window_idfa: "100", attribution_window_fingerprint: "10" },
      ...{ redirect_url: "https://shop.example/", adid, idfa_comb: adid, click: "77", partner_data: "p1" },
      ...{ reqparams: "andmore=a%20b", andmore: "a b", cb: "p1", created_at: iso(arrivedAt) },
      attr_window_from: iso(arrivedAt - 5 * 60_000),
      attr_window_till: iso(arrivedAt + 100 * 60_000),
      lookup_key: "eb2e4ebe9bf98f8c92efc5f2cb468b18"
    })
  })

  test("without an advertising id has the other window, and a key of address and platform", async () => {
    const { clicked } = await withLink()
    expect(await clicked("adid=00000000-0000-0000-0000-000000000000")).toMatchObject({
      ...{ adid: "", idfa_comb: "", lookup_key: md5("203.0.113.9.ios") },
      attr_window_till: iso(arrivedAt + 10 * 60_000)
    })
  })

  test("with only a hash of the id has the key of that hash", async () => {
    const { clicked } = await withLink()
    const hash = (way: string) => createHash(way).update(adid).digest("hex")
    for (const way of ["md5", "sha1"])
      expect(await clicked(`idfa_${way}=${hash(way).toUpperCase()}`)).toMatchObject({
        ...{ adid: "", idfa_comb: hash(way), lookup_key: md5(hash(way)) },
        attr_window_till: iso(arrivedAt + 100 * 60_000)
      })
    expect(await clicked("idfa_md5=zz")).toMatchObject({ idfa_comb: "" })
  })

  test("has the window of the link's click_lookback, else seven days", async () => {
    const none = { attribution_window_idfa: "x", attribution_window_fingerprint: "" }
    const { clicked } = await withLink({ attribution_window_idfa: "x" }, { params: {} })
    expect(await clicked("a=1")).toMatchObject({ attr_window_till: iso(arrivedAt + 7 * 86_400_000) })
    const other = await withLink(none, { params: {}, click_lookback: "36 hours" })
    expect(await other.clicked("a=1")).toMatchObject({ attr_window_till: iso(arrivedAt + 36 * 3_600_000) })
  })

  test("cannot set any of them", async () => {
    const { clicked, lines } = await withLink()
    const names = ["attr_window_from", "attr_window_till", "campaign_link_id", "created_at", "idfa_comb"]
    const all = [...names, "lookup_key", "redirect_url", "reqparams", "user_id", "campaign", "network"]
    const params = await clicked(all.map((name) => `${name}=evil&${name}[]=evil`).join("&"))
    for (const name of all) {
      expect(params[`click.${name}`]).toBe("evil")
      if (name !== "reqparams") expect(params[name]).not.toBe("evil")
    }
    const counts = paramsIn(lines[0]).filter(([name]) => all.includes(name))
    expect(counts).toHaveLength(all.length)
  })
})

test("the default dialect stays as it was", async () => {
  const gateway = linkGateway()
  await gateway.store.put({ id: "41", default: "https://shop.example/", params: { user_id: "2" } })
  await gateway.click(`/click/41/go?adid=${adid}&click=7`, iphone)
  expect(eventIn(gateway.lines[0]).path).toBe("/click/41/go" as never)
  expect(paramsIn(gateway.lines[0]).map(([name]) => name)).toEqual([
    ...["user_id", "redirect_url", "lookup_key", "adid", "click"]
  ])
})
