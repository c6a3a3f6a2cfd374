/** The lookup key: what it is made from, and that a click cannot set it. */
import { describe, expect, test } from "bun:test"
import { privacyOf } from "../../../gateway/privacy/privacy.ts"
import { iphone } from "./gateway.ts"
import { md5, paramsIn, withSummer } from "./summer.ts"

describe("the lookup key", () => {
  const keyOf = async (query: string, userAgent = iphone, headers: Record<string, string> = {}) => {
    const { click, lines } = await withSummer()
    await click(`/click/summer/go?${query}`, userAgent, headers)
    return paramsIn(lines[0]).filter(([name]) => name === "lookup_key")
  }
  const id = "AEBE52E7-03EE-455A-B3C4-E57283966239"
  const ofId = [["lookup_key", md5(id.toLowerCase())]] as Array<[string, string]>
  const ofAddress = [["lookup_key", md5("203.0.113.9.ios")]] as Array<[string, string]>

  test("is made from the advertising id, in any notation", async () => {
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

  test("equals md5sum's output", async () => {
    const written = "38400000-8CF0-11BD-B23E-10B96E40000D"
    expect(await keyOf(`gaid=${written}`)).toEqual([["lookup_key", "5756ae9022b2ea1e47d84fead75220c8"]])
    expect(await keyOf("")).toEqual([["lookup_key", "b563fb08137ec8a302c4a27ebf51ef35"]])
  })

  test("uses the first name on the list, not the first in the query", async () => {
    expect(await keyOf(`adid=11111111-2222-3333-4444-555555555555&idfa=${id}`)).toEqual(ofId)
    expect(await keyOf(`idfa={idfa}&idfa=${id}&idfa=11111111-2222-3333-4444-555555555555`)).toEqual(ofId)
  })

  test("is made from address and platform without a valid id", async () => {
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

  test("cannot be set by the click", async () => {
    expect(await keyOf(`lookup_key=forged&idfa=${id}`)).toEqual(ofId)
    expect(await keyOf("lookup%5Fkey=forged")).toEqual(ofAddress)
    expect(await keyOf("lookup_key[]=forged")).toEqual(ofAddress)
  })

  test("uses the address as written, and is missing for an anonymised event", async () => {
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
