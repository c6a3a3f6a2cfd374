/** A masked value appears nowhere: not in a list, not in the raw text, and no filter finds it. */
import { describe, expect, test } from "bun:test"
import { eventView } from "../../../../actors/inspect/events/event-view.ts"
import { matches } from "../../../../actors/inspect/events/filter.ts"
import { maskedText, noMask, readMask } from "../../../../actors/inspect/events/mask.ts"
import type { FeedRecord } from "../../../../actors/inspect/events/staged-event.ts"
import { bytesOf } from "../../../../contracts/event.ts"

const of = (stage: FeedRecord["stage"], value: string, more = {}): FeedRecord => ({
  stage,
  topic: "events",
  partition: 0,
  offset: "0",
  timestamp: 0,
  id: "",
  value: bytesOf(value),
  times: {},
  ...more
})

const pushtech =
  "buy type=Desktop&host=h&ts=1&ip=ffff0a000001&klag=1&country=DE&city=X Email=a%40b.de&em%61il=a%40b.de&user[email]=a%40b.de&plain=1&email"
const adtekio =
  "/buy bot_name&country=DE&device=mobile&device_name&ip=167772161&klag&platform=&ts=1 email=a%40b.de"
const line = "10.0.0.1 5 h nopod /buy email=a%40b.de&plain=1 UA 1"
const secrets = ["a%40b.de", "a@b.de", "10.0.0.1", "ffff0a000001", "167772161"]

const mask = readMask(" address, EMAIL ,")

describe("a mask", () => {
  test("without names masks nothing", () => {
    expect(readMask(" , ")).toBe(noMask)
    expect(eventView(of("stored", pushtech), noMask).address).toBe("10.0.0.1")
  })

  test("masks the named values in records and lines, and nothing else", () => {
    for (const [stage, value] of [
      ["stored", pushtech],
      ["enriched", adtekio],
      ["raw", line],
      ["rejected", line]
    ] as const) {
      const view = eventView(of(stage, value), mask)
      const text = JSON.stringify(view)
      for (const secret of secrets) expect(text).not.toContain(secret)
      expect(view.address).toBe(maskedText)
      expect(view.type).toBe("buy")
      expect(new Map(view.params).get("email")).toBeOneOf([maskedText, ""])
      for (const secret of secrets) {
        expect(matches({ text: secret })(view)).toBe(false)
        expect(matches({ param: `email~${secret.slice(0, 3)}` })(view)).toBe(false)
      }
      expect(matches({ param: "email" })(view)).toBe(true)
    }
    const view = eventView(of("stored", pushtech), mask)
    expect(view.params).toEqual([
      ["Email", maskedText],
      ["email", maskedText],
      ["user[email]", maskedText],
      ["plain", "1"],
      ["email", ""]
    ])
    expect(view.country).toBe("DE")
    expect(eventView(of("raw", line), mask).raw).toBe(
      `${maskedText} 5 h nopod /buy email=${maskedText}&plain=1 UA 1`
    )
  })

  test("masks what cannot be parsed as a whole, and its rejection detail", () => {
    for (const [stage, value] of [
      ["stored", '{"email": "a@b.de"}'],
      ["stored", "buy type=Desktop&ip=ffff0a000001 email=a%40b.de more"],
      ["rejected", "10.0.0.1 nonsense email=a@b.de"]
    ] as const) {
      const view = eventView(of(stage, value, { reason: "no path", detail: "of 10.0.0.1" }), mask)
      expect(view).toMatchObject({ raw: maskedText, type: "", reason: "no path" })
      if (stage === "rejected") expect(view.detail).toBe(maskedText)
    }
  })

  test("of parameters only shows addresses, and the other way round", () => {
    expect(eventView(of("stored", pushtech), readMask("email")).address).toBe("10.0.0.1")
    const view = eventView(of("stored", pushtech), readMask("address"))
    expect(view.raw).toContain("Email=a%40b.de")
    expect(view.raw).toContain(`ip=${maskedText}&`)
    expect(new Map(view.meta).get("ip")).toBe(maskedText)
  })

  test("may name fields of the place and the device too", () => {
    expect(eventView(of("stored", pushtech), readMask("country"))).toMatchObject({ country: maskedText })
  })

  const paramsOf = (query: string, list: string): string => {
    const raws = [
      eventView(of("stored", pushtech.replace(/ Email.*$/, ` ${query}`)), readMask(list)),
      eventView(of("raw", `10.0.0.1 5 h nopod /buy ${query} UA`), readMask(list))
    ].map((view) => JSON.stringify([view.params, view.raw]))
    return raws.join("\n")
  }

  test("masks a parameter however its name is written", () => {
    for (const name of [
      "email",
      "+email",
      "email+",
      "%20email%09",
      "email%00",
      "%00email",
      "em%00ail",
      "email%0d%0a",
      "%EF%BB%BFemail",
      "e%E2%80%8Bmail",
      "%EF%BD%85mail",
      "EMAIL",
      "user.email",
      "user[email]",
      "user%5Bemail%5D%5B%5D",
      "user[0][email]",
      "user:email",
      "user/email",
      "$email",
      "%22email%22",
      "%2565mail",
      "user%255Bemail%255D"
    ]) {
      expect(paramsOf(`${name}=secret&b=1`, "email")).not.toContain("secret")
      expect(paramsOf(`${name}=secret&b=1`, "email")).toContain('["b","1"]')
    }
    for (const name of ["e_mail", "emails", "my_email", "user.mail"]) {
      expect(paramsOf(`${name}=shown`, "email")).toContain("shown")
    }
    for (const name of ["user.email", "user[email]"]) {
      expect(paramsOf(`${name}=secret`, "user[email]")).not.toContain("secret")
      expect(paramsOf("email=shown", "user[email]")).toContain("shown")
    }
  })

  test("masks a value that contains a masked name with a value", () => {
    for (const query of [
      'user={"email":"secret"}',
      "user=%7B%22email%22%3A%20%22secret%22%7D",
      "user=%257B%2522email%2522%253A%2522secret%2522%257D",
      "json=%7B%5C%22email%5C%22:%5C%22secret",
      "url=https%3A%2F%2Fshop%2F%3Femail%3Dsecret",
      "a=1;email=secret",
      "email%3Dsecret",
      '{"item":42,"email":"secret"}',
      "xml=%3Cemail%3Esecret%3C/email%3E",
      "list=email%3A+secret"
    ]) {
      expect(paramsOf(query, "email")).not.toContain("secret")
    }
    expect(paramsOf("note=my+email,+shown&url=https://x/?emails=shown", "email")).toContain("shown")
  })

  test("of the address also masks what is derived from it", () => {
    for (const name of ["lookup_key", "click.lookup_key", "LOOKUP_KEY", "ip"]) {
      expect(paramsOf(`${name}=5f4dcc3b&b=1`, "address")).not.toContain("5f4dcc3b")
    }
    expect(paramsOf("lookup_key=5f4dcc3b", "email")).toContain("5f4dcc3b")
    const view = eventView(of("raw", line), readMask("ip"))
    expect(JSON.stringify(view)).not.toContain("10.0.0.1")
  })

  test("masks fields of a line in its raw text too", () => {
    const view = eventView(
      of("raw", "10.0.0.1 5 secret-host secret-pod /buy a=1 Secret UA"),
      readMask("host,pod,user agent")
    )
    expect(JSON.stringify(view).toLowerCase()).not.toContain("secret")
    expect(view.raw).toBe(`10.0.0.1 5 ${maskedText} ${maskedText} /buy a=1 ${maskedText}`)
    const other = eventView(of("raw", "10.0.0.1 5 events /buy a=1 Secret UA"), readMask("user agent"))
    expect(JSON.stringify(other)).not.toContain("Secret")
  })

  test("handles a hostile query", () => {
    for (const piece of ["a", "]", " ", "%20", "a ", "%25", "a:", '"', "a]"]) {
      const query = piece.replaceAll(" ", "+").repeat(Math.floor(65_536 / piece.length))
      expect(paramsOf(`x=${query}`, "email")).not.toContain("email")
    }
  })

  test("masks the right field of a line with equal fields", () => {
    const odd = eventView(of("raw", "10.0.0.1 5 /h email=x /buy email=x email=x"), mask)
    expect(odd.raw).toBe(`${maskedText} 5 /h email=x /buy email=${maskedText} email=x`)
    expect(eventView(of("raw", "10.0.0.1 5 h /buy email=s UA"), mask).raw).toBe(
      `${maskedText} 5 h /buy email=${maskedText} UA`
    )
  })
})
