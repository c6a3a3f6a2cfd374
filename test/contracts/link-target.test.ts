import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  maxTargetCharacters,
  readTarget,
  schemesOf,
  schemesProblem,
  storeSchemes
} from "../../contracts/link-target.ts"
import { attacks, lookalikes } from "./redirect-attacks.ts"

const schemes = schemesOf(storeSchemes)
const read = (text: string) => readTarget(text, schemes)

describe("a target", () => {
  const fine: ReadonlyArray<readonly [written: string, href: string]> = [
    ["https://example.com", "https://example.com/"],
    ["http://example.com:8080/a/../b?c=d#e", "http://example.com:8080/b?c=d#e"],
    ["HTTPS://EXAMPLE.com:443/", "https://example.com/"],
    ["https://example.com./", "https://example.com./"],
    ["http://127.0.0.1:3000/", "http://127.0.0.1:3000/"],
    ["http://[::1]:3000/", "http://[::1]:3000/"],
    ["https://example.com/?q=ü&r=%C3%BC", "https://example.com/?q=%C3%BC&r=%C3%BC"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"],
    ["https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"],
    ["https://example.com/@user", "https://example.com/@user"],
    ["https://example.com/?to=//evil.example", "https://example.com/?to=//evil.example"],
    ["itms-apps://apps.apple.com/app/id1234567890", "itms-apps://apps.apple.com/app/id1234567890"],
    ["market://details?id=com.example.app", "market://details?id=com.example.app"]
  ]
  for (const [written, href] of fine) test(written, () => expect(read(written)).toEqual({ href }))

  test("has a length limit", () => {
    expect(read(`https://example.com/${"a".repeat(maxTargetCharacters - 20)}`).href).toHaveLength(
      maxTargetCharacters
    )
    expect(read(`https://example.com/${"a".repeat(maxTargetCharacters - 19)}`).problem).toBeString()
    expect(read(`https://example.com/${"ü".repeat(400)}`).problem).toBeString()
  })

  test("is the same when it is read again", () => {
    for (const [, href] of fine) expect(read(href)).toEqual({ href })
  })
})

describe("no target is", () => {
  for (const attack of attacks) {
    test(JSON.stringify(attack), () => expect(read(attack)).toEqual({ problem: expect.any(String) }))
  }
})

describe("a host that looks like another is shown in punycode", () => {
  for (const [written, host] of lookalikes) {
    test(written, () => {
      const { href = "" } = read(written)
      expect(new URL(href).host).toBe(host)
      expect(href).toMatch(/^[!-~]+$/)
    })
  }
})

test("any text is a plain URL of an allowed scheme, or a problem, and reading never throws", () => {
  const pieces = fc.constantFrom(
    "https:",
    "http:",
    "javascript:",
    "market:",
    "//",
    "/",
    "\\",
    "@",
    ":",
    "?",
    "#",
    "%",
    "%0d%0a",
    "\r\n",
    "\t",
    " ",
    "evil.example",
    "example.com",
    "[::1]",
    "1",
    ".",
    "。",
    "ｅ",
    "é",
    "\u202e",
    "\ud800",
    "xn--",
    "user",
    "80"
  )
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
    fc.webUrl()
  )
  fc.assert(
    fc.property(text, (written) => {
      const { href, problem } = read(written)
      if (href === undefined) return expect(problem).toBeString()
      expect(href).toMatch(/^(https?|itms-appss?|market):\/\/[^/?#@\\]+[!-~]*$/)
      expect(new URL(href).href).toBe(href)
    }),
    { numRuns: 500 }
  )
})

describe("schemes", () => {
  test("are http, https and those that are set", () => {
    expect([...schemesOf(" Market, myapp ,")]).toEqual(["http", "https", "market", "myapp"])
    expect(readTarget("myapp://open/me", schemesOf("myapp"))).toEqual({ href: "myapp://open/me" })
    expect(readTarget("market://details?id=a", schemesOf("")).problem).toContain("http, https")
  })

  test("that run code or read files can never be set", () => {
    for (const scheme of [
      "javascript",
      "JavaScript",
      "vbscript",
      "data",
      "blob",
      "file",
      "about",
      "view-source"
    ]) {
      expect(schemesProblem(`market,${scheme}`)).toContain(scheme.toLowerCase())
      expect(readTarget(`${scheme}://host/x`, schemesOf(scheme)).problem).toBeString()
    }
    expect(schemesProblem("market,my app")).toContain("my app")
    expect(schemesProblem(storeSchemes)).toBeUndefined()
    expect(schemesProblem("")).toBeUndefined()
  })
})
