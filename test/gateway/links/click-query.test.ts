/** The query of a click's event: the click's own bytes, and the link's parameters, which no click can set. */
import { describe, expect, test } from "bun:test"
import type { ByteString } from "../../../contracts/event.ts"
import { clickQuery } from "../../../gateway/links/click-query.ts"
import { iphone } from "./gateway.ts"
import { paramsIn, withSummer } from "./summer.ts"

describe("the query of a click", () => {
  const of = (clicked: string) => clickQuery(undefined, "https://a.example/", clicked as ByteString).query

  test("keeps the click's parameters, byte for byte", () => {
    for (const clicked of ["a=1&a=2", "a", "a=%zz&b=%C3%28", "b[c]=d&=x&%00=1", "sub=\xc3\xbc+x", "idfax=1"])
      expect(of(clicked)).toBe(`redirect_url=https%3A%2F%2Fa.example%2F&${clicked}` as ByteString)
  })

  test("gives advertising ids their dashes", () => {
    expect(of("x=1&idfa=AEBE52E703EE455AB3C4E57283966239&y=2")).toEndWith(
      "&x=1&idfa=AEBE52E7-03EE-455A-B3C4-E57283966239&y=2"
    )
  })

  test("does not let a click set the link's parameters", async () => {
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
