import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect, Redacted } from "effect"
import { readAll } from "../../../contracts/setting.ts"
import { linkSettings } from "../../../gateway/links/settings.ts"

const read = (environment: Readonly<Record<string, string>>) =>
  Effect.runPromiseExit(
    readAll(linkSettings).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))))
  )

const problemOf = async (environment: Readonly<Record<string, string>>): Promise<string> =>
  JSON.stringify(await read(environment))

describe("the settings of links", () => {
  test("have defaults", async () => {
    expect(await Effect.runPromise(Effect.flatten(Effect.promise(() => read({}))))).toEqual({
      linksToken: undefined,
      linkSchemes: "itms-apps,itms-appss,market",
      notFoundUrl: undefined,
      linksDialect: "spoor",
      linksSecret: undefined
    })
  })

  test("are applied", async () => {
    const set = {
      LINKS_TOKEN: "0123456789abcdef",
      LINK_SCHEMES: "market,myapp",
      NOT_FOUND_URL: "https://example.com/",
      LINKS_DIALECT: "adtekio",
      LINKS_SECRET: "pepper"
    }
    const { linksToken, linksSecret, ...others } = await Effect.runPromise(
      Effect.flatten(Effect.promise(() => read(set)))
    )
    expect(linksToken === undefined ? "" : Redacted.value(linksToken)).toBe("0123456789abcdef")
    expect(linksSecret === undefined ? "" : Redacted.value(linksSecret)).toBe("pepper")
    expect(others).toEqual({
      linkSchemes: "market,myapp",
      notFoundUrl: "https://example.com/",
      linksDialect: "adtekio"
    })
  })

  test("fail the start with a sentence when invalid, without the token", async () => {
    for (const token of ["short-token", "has space in the middle of it", "x".repeat(257)]) {
      const problem = await problemOf({ LINKS_TOKEN: token })
      expect(problem).toContain("Failure")
      expect(problem).not.toContain(token)
    }
    expect(await problemOf({ LINK_SCHEMES: "javascript" })).toContain(
      "The scheme javascript is never allowed"
    )
    expect(await problemOf({ NOT_FOUND_URL: "//evil.example" })).toContain("absolute URL")
    expect(await problemOf({ NOT_FOUND_URL: "market://details" })).toContain("scheme")
  })
})
