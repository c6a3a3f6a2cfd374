/** A browser that is known by the form of its user agent is the one that the parser finds. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { getPattern } from "isbot"
import { UAParser } from "ua-parser-js"
import { plainBrowser } from "../../../bridge/user-agent/common-browsers.ts"

const found = (userAgent: string) => {
  const { name, version } = new UAParser(userAgent).getBrowser()
  return { name, version }
}

const digits = fc.stringMatching(/^\d{1,4}$/)
const version = fc.stringMatching(/^\d{1,3}(\.\d{1,5}){0,3}$/)
const anyVersion = fc.stringMatching(/^\d[\d.]{0,12}$/)
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
const desktop = fc.oneof(
  fc
    .tuple(version, fc.constantFrom("", "; Win64; x64", "; WOW64"))
    .map(([of, bits]) => `Windows NT ${of}${bits}`),
  version.map((of) => `Macintosh; Intel Mac OS X ${of.replaceAll(".", "_")}`),
  version.map((of) => `Macintosh; Intel Mac OS X ${of}`),
  fc.constantFrom("X11; Linux x86_64", "X11; Ubuntu; Linux x86_64", "X11; Linux i686"),
  version.map((of) => `X11; CrOS x86_64 ${of}`)
)
const model = fc.oneof(
  fc.constant("K"),
  fc.stringMatching(/^(SM-)?[A-Z]{1,3}\d{3,4}[A-Z]?\d?$/),
  fc.stringMatching(/^Pixel \da?( Pro| XL)?$/)
)
const android = fc.tuple(version, model).map(([of, name]) => `Linux; Android ${of}; ${name}`)
const apple = fc
  .tuple(fc.constantFrom("iPhone; CPU iPhone", "iPad; CPU", "iPod touch; CPU iPhone"), version)
  .map(([device, of]) => `${device} OS ${of.replaceAll(".", "_")} like Mac OS X`)
/** Builds of iOS, and words in their place that may be those of a bot. */
const build = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^\d{1,2}[A-Z]\d{1,5}[a-z]?$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^\w{1,6}$/) },
  { weight: 1, arbitrary: fc.constant("bot") }
)
const mobile = fc.constantFrom("", " Mobile")
const versions = fc.oneof(version, anyVersion)

const userAgents: Readonly<Record<string, fc.Arbitrary<string>>> = {
  Chrome: fc
    .tuple(fc.oneof(desktop, android), versions, mobile, version)
    .map(([on, of, is, safari]) => `Mozilla/5.0 (${on}) ${webkit} Chrome/${of}${is} Safari/${safari}`),
  "Mobile Safari": fc
    .tuple(apple, versions, build, version)
    .map(
      ([on, of, build, safari]) =>
        `Mozilla/5.0 (${on}) ${webkit} Version/${of} Mobile/${build} Safari/${safari}`
    ),
  Firefox: fc
    .tuple(desktop, versions, versions, digits)
    .map(([on, rv, of, build]) => `Mozilla/5.0 (${on}; rv:${rv}) Gecko/${build} Firefox/${of}`),
  Safari: fc
    .tuple(desktop, versions, version)
    .map(([on, of, safari]) => `Mozilla/5.0 (${on}) ${webkit} Version/${of} Safari/${safari}`)
}

describe("a browser known by its form is the parser's", () => {
  for (const [name, userAgent] of Object.entries(userAgents)) {
    test(name, () => {
      let known = 0
      fc.assert(
        fc.property(userAgent, (text) => {
          const browser = plainBrowser(text)
          if (browser === undefined) return
          known += 1
          expect(browser).toEqual(found(text))
        }),
        { numRuns: 3_000 }
      )
      expect(known).toBeGreaterThan(500)
    })
  }

  test("none of them is a bot, so no bot check is needed", () => {
    fc.assert(
      fc.property(fc.oneof(...Object.values(userAgents)), (text) => {
        if (plainBrowser(text) !== undefined) expect(text).not.toMatch(getPattern())
      }),
      { numRuns: 5_000 }
    )
  })

  test("a user agent longer than the parser's limit is not recognized", () => {
    const long = `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/${"1".repeat(500)} Safari/537.36`
    expect(plainBrowser(long)).toBeUndefined()
  })

  test("a user agent one character away from such a form is not recognized, or has the parser's result", () => {
    const changed = fc.tuple(fc.oneof(...Object.values(userAgents)), fc.nat(), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(changed, ([text, at, by]) => {
        const place = at % text.length
        const other = text.slice(0, place) + by + text.slice(place + 1)
        const browser = plainBrowser(other)
        if (browser !== undefined) expect(browser).toEqual(found(other))
      }),
      { numRuns: 5_000 }
    )
  })
})
