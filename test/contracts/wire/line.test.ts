/** Any line becomes exactly one event or one reason; lines of the edge are parsed unchanged. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { isIp, withoutZone } from "../../../contracts/wire/ip.ts"
import { formatLine, type LineSettings, type ParsedLine, parseLine } from "../../../contracts/wire/line.ts"
import lines from "./lines.json" with { type: "json" }
import { bytes, deadLetters, settings, vectors } from "./vectors.ts"

const parse = (line: string): ParsedLine => parseLine(bytes(line), settings, 7)

const eventOf = (line: string) => {
  const parsed = parse(line)
  if (parsed.kind === "unreadable") throw new Error(`${parsed.reason}: ${JSON.stringify(line)}`)
  return parsed.event
}

const byteString = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((b) => String.fromCharCode(b)) })
/** Bytes that are hostile to the format: mostly separators, line ends and beginnings of fields. */
const hostile = fc.oneof(
  byteString,
  fc.string({
    unit: fc.constantFrom(
      " ",
      "/",
      "\n",
      "\r",
      "\0",
      "\t",
      "\x7f",
      "%",
      "e",
      "p",
      "\u2028",
      "ÿ",
      "😀",
      "\ud800"
    )
  }),
  fc.string({ unit: "binary" })
)

describe("the contract's lines", () => {
  for (const vector of vectors) {
    test(vector.line, () => {
      const event = eventOf(vector.line)
      expect(event).toMatchObject({ index: 7, dialect: vector.dialect, query: vector.params })
      expect(event.topic as string).toBe(
        vector.topic ?? (vector.dialect === "adtekio" ? "example" : "events")
      )
      const { dialect, ip, ts, topic, host, pod, path, query, userAgent } = event
      const again =
        dialect === "adtekio"
          ? formatLine({ dialect, ip, ts, topic, path, query, userAgent })
          : formatLine({ dialect, ip, ts, host, pod, path, query, userAgent })
      expect(again as string).toBe(vector.line)
    })
  }
  for (const { line, reason } of deadLetters) {
    test(`${JSON.stringify(line)} is a dead letter: ${reason}`, () => {
      expect(parse(line)).toEqual({ kind: "unreadable", index: 7, reason } as ParsedLine)
    })
  }
})

describe("lines of public reports", () => {
  for (const { line, record, params = "deviceid=a" } of lines) {
    test(JSON.stringify(line), () => {
      expect(record).toBe(true)
      expect(eventOf(line)).toMatchObject({ query: params, path: "/t/app_open" })
    })
  }
})

describe("what the contract leaves open", () => {
  test("a zone is removed from an IPv6 address, and nothing else is", () => {
    for (const [written, ip] of [
      ["fe80::1%eth0", "fe80::1"],
      ["fe80::1%12", "fe80::1"],
      ["::ffff:1.2.3.4%lo", "::ffff:1.2.3.4"],
      [`fe80::1%${"x".repeat(1_000)}`, "fe80::1"]
    ]) {
      expect(eventOf(`${written} 1795206900000 host pod /t/a e ua`)).toMatchObject({ ip })
      expect(eventOf(`${written} 1795206900 clicks /t/a p ua`)).toMatchObject({ ip })
    }
    for (const bad of ["fe80::1%", "1.2.3.4%eth0", "%eth0", "fe80::g%eth0", "a:%b", "x%fe80::1"]) {
      expect(parse(`${bad} 1795206900000 host pod /t/a e ua`)).toMatchObject({ reason: "not an IP address" })
    }
  })
  test("a line end is not part of the line", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      expect(eventOf(`1.2.3.4 1795206900000 host pod /t/a x=1${end}`)).toMatchObject({
        query: "x=1",
        userAgent: ""
      })
      expect(eventOf(`1.2.3.4 1795206900 clicks /t/a x=1 ua${end}`)).toMatchObject({ userAgent: "ua" })
      expect(eventOf(`1.2.3.4 1795206900 clicks /t/a ${end}`)).toMatchObject({ query: "p", userAgent: "" })
      expect(parse(end)).toMatchObject({ reason: "empty" })
    }
    expect(eventOf("1.2.3.4 1795206900000 host pod /t/a e ua\n\n")).toMatchObject({ userAgent: "ua\n" })
    expect(eventOf("1.2.3.4 1795206900000 host pod /t/a e \nua")).toMatchObject({ userAgent: "\nua" })
  })
  test("a line that ends with its query has an empty user agent", () => {
    expect(eventOf("1.2.3.4 1795206900000 host pod /t/a e")).toMatchObject({ query: "e", userAgent: "" })
    expect(eventOf("1.2.3.4 1795206900 clicks /t/a p")).toMatchObject({ query: "p", userAgent: "" })
  })
  test("a line that ends with its path has too few fields", () => {
    expect(parse("1.2.3.4 1795206900000 host pod /t/a")).toMatchObject({ reason: "too few fields" })
    expect(parse("1.2.3.4 1795206900 clicks /t/a")).toMatchObject({ reason: "too few fields" })
  })
  test("with a path in both places it is adtekio: a query may begin with /, a pod may not", () => {
    expect(eventOf("1.2.3.4 1795206900 clicks /t/a /b ua")).toMatchObject({
      dialect: "adtekio",
      path: "/t/a",
      query: "/b"
    })
  })
  test("an empty query field is an empty query", () => {
    expect(eventOf("1.2.3.4 1795206900000 host pod /t/a  ua")).toMatchObject({ query: "e", userAgent: "ua" })
    expect(eventOf("1.2.3.4 1795206900 clicks /t/a  ua")).toMatchObject({ query: "p", userAgent: "ua" })
  })
  test("empty host and pod stay empty", () => {
    expect(eventOf("1.2.3.4 1795206900000   /t/a e ua")).toMatchObject({ host: "", pod: "", path: "/t/a" })
  })
  test("a topic that is not allowed goes to KAFKA_TOPIC and can be counted", () => {
    expect(parse("1.2.3.4 1795206900 evil /t/a p ua")).toMatchObject({
      isTopicUnknown: true,
      event: { topic: "events" }
    })
    expect(parse("1.2.3.4 1795206900 clicks /t/a p ua")).toMatchObject({
      isTopicUnknown: false,
      event: { topic: "clicks" }
    })
    expect(parse("1.2.3.4 1795206900 events /t/a p ua")).toMatchObject({ isTopicUnknown: false })
    expect(parse("1.2.3.4 1795206900000 evil pod /t/a e ua")).toMatchObject({ isTopicUnknown: false })
  })
  test("time is digits only, no later than a Date can be", () => {
    for (const ts of ["", "-1", "1e3", "0x1", "1.5", "+1", "١", "8640000000000001", "9".repeat(400)]) {
      expect(parse(`1.2.3.4 ${ts} host pod /t/a e ua`)).toMatchObject({ reason: "time is not a number" })
    }
    expect(parse("1.2.3.4 8640000000001 clicks /t/a p ua")).toMatchObject({ reason: "time is not a number" })
    expect(eventOf("1.2.3.4 8640000000000000 host pod /t/a e ua").ts).toBe(8_640_000_000_000_000)
  })
})

describe("any bytes", () => {
  test("give one event or one reason, and an event's fields are the line's own", () => {
    const field = fc.oneof(
      byteString,
      fc.constantFrom("", "/", "/a", "1.2.3.4", "::1", "1795206900000", "clicks")
    )
    const line = fc.oneof(
      byteString,
      fc.array(field, { maxLength: 9 }).map((fields) => fields.join(" "))
    )
    fc.assert(
      fc.property(line, (text) => {
        const parsed = parse(text)
        if (parsed.kind === "unreadable") return expect(parsed.reason).not.toBe("")
        const { dialect, ip, host, pod, path, query, userAgent } = parsed.event
        const [first, , third, fourth, fifth, sixth, ...rest] = text.replace(/\r?\n?$/, "").split(" ")
        expect(ip).toBe(withoutZone(first ?? ""))
        expect(path.startsWith("/")).toBe(true)
        if (dialect === "pushtech") {
          expect<unknown>([host, pod, path, query]).toEqual([third, fourth, fifth, sixth || "e"])
          return expect<string>(userAgent).toBe(rest.join(" "))
        }
        expect<unknown>([path, query]).toEqual([fourth, fifth || "p"])
        expect<string>(userAgent).toBe([sixth ?? "", ...rest].join(" "))
      }),
      { numRuns: 5_000 }
    )
  })

  test("in any field of a valid line change no other field", () => {
    const noSpace = byteString.map((text) => text.replaceAll(" ", ""))
    fc.assert(
      fc.property(noSpace, noSpace, noSpace, noSpace, byteString, (host, pod, path, query, userAgent) => {
        fc.pre(!pod.startsWith("/"))
        fc.pre(!/[\r\n]$/.test(userAgent))
        const event = eventOf(`1.2.3.4 5 ${host} ${pod} /${path} ${query} ${userAgent}`)
        expect<unknown>(event).toMatchObject({ host, pod, path: `/${path}`, query: query || "e", userAgent })
      }),
      { numRuns: 2_000 }
    )
  })
})

describe("what the edge writes", () => {
  const time = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 1e21)
  )
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), hostile, fc.constantFrom("fe80::1%eth0", ""))

  test("is one line of printable bytes with a fixed number of fields, read back as one event", () => {
    fc.assert(
      fc.property(
        fc.record({
          ip: address,
          ts: time,
          host: hostile,
          pod: hostile,
          path: hostile,
          query: hostile,
          userAgent: hostile
        }),
        fc.boolean(),
        (fields, isAdtekio) => {
          const { ip, ts } = fields
          const [host, pod, path, query, userAgent] = [
            fields.host,
            fields.pod,
            fields.path,
            fields.query,
            fields.userAgent
          ].map(bytes) as [ByteString, ByteString, ByteString, ByteString, ByteString]
          const line = isAdtekio
            ? formatLine({ dialect: "adtekio", ip, ts, topic: fields.host as Topic, path, query, userAgent })
            : formatLine({ dialect: "pushtech", ip, ts, host, pod, path, query, userAgent })
          expect(line).toMatch(/^[ -~\x80-\xff]+$/)
          const event = eventOf(line)
          expect(event.dialect).toBe(isAdtekio ? "adtekio" : "pushtech")
          expect(isIp(event.ip)).toBe(true)
          expect<string>(unescaped(event.userAgent)).toBe(unescaped(bytesOfAny(userAgent)))
          expect<string>(unescaped(event.path)).toBe(
            unescaped(bytesOfAny(path.startsWith("/") ? path : `/${path}`))
          )
          expect<string>(unescaped(event.query)).toBe(unescaped(bytesOfAny(query)) || (isAdtekio ? "p" : "e"))
          if (isAdtekio) return
          expect<string>(unescaped(event.host)).toBe(unescaped(bytesOfAny(host)) || "-")
          expect<string>(unescaped(event.pod)).toBe(unescaped(bytesOfAny(pod)) || "nopod")
        }
      ),
      { numRuns: 5_000 }
    )
  })

  test("keeps fields that need no escape as they are", () => {
    const plain = fc.string({
      minLength: 1,
      unit: fc
        .integer({ min: 0x21, max: 0xff })
        .filter((b) => b !== 0x7f)
        .map((b) => String.fromCharCode(b))
    })
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        fc.nat(),
        plain,
        plain,
        plain,
        plain,
        plain,
        (ip, ts, host, pod, path, query, ua) => {
          fc.pre(!pod.startsWith("/"))
          const line = formatLine({
            dialect: "pushtech",
            ip,
            ts,
            host: bytes(host),
            pod: bytes(pod),
            path: bytes(`/${path}`),
            query: bytes(query),
            userAgent: bytes(` ${ua} `)
          })
          expect<unknown>(eventOf(line)).toMatchObject({
            ip,
            ts,
            host,
            pod,
            path: `/${path}`,
            query,
            userAgent: ` ${ua} `
          })
        }
      )
    )
  })

  test("names what is missing", () => {
    const nothing = bytes("")
    const line = formatLine({
      dialect: "pushtech",
      ip: "unix",
      ts: 5,
      host: nothing,
      pod: nothing,
      path: nothing,
      query: nothing,
      userAgent: nothing
    })
    expect<string>(line).toBe("0.0.0.0 5 - nopod / e ")
  })

  test("keeps its dialect with a pod that begins with /", () => {
    const a = bytes("a")
    const line = formatLine({
      dialect: "pushtech",
      ip: "::1",
      ts: 5,
      host: a,
      pod: bytes("/x"),
      path: bytes("/t/a"),
      query: a,
      userAgent: a
    })
    expect(eventOf(line)).toMatchObject({ dialect: "pushtech", pod: "%2Fx", path: "/t/a" })
  })
})

describe("the topic of a pushtech line's host", () => {
  const given = { topic: "events" as Topic, topics: new Set(["clicks", "Shop", "10"]), fromHost: true }
  const topicOf = (host: string, settings: LineSettings = given) => {
    const parsed = parseLine(bytes(`1.2.3.4 5 ${host} nopod /clicks.x e ua`), settings, 0)
    if (parsed.kind === "unreadable") throw new Error(parsed.reason)
    return [parsed.event.topic as string, parsed.isTopicUnknown]
  }

  test("is its first label, if allowed", () => {
    for (const host of ["clicks.example.com", "clicks", "CLICKS.example.com", "clicks."])
      expect(topicOf(host)).toEqual(["clicks", false])
    expect(topicOf("Shop.example.com")).toEqual(["Shop", false])
    expect(topicOf("events.example.com")).toEqual(["events", false])
    expect(topicOf("10.0.0.1")).toEqual(["10", false])
  })

  test("is KAFKA_TOPIC otherwise, which is counted", () => {
    for (const host of [
      "trk.example.com",
      "example.clicks",
      ".clicks",
      "-",
      "",
      "[::1]",
      "__proto__",
      "shop.x"
    ])
      expect(topicOf(host)).toEqual(["events", true])
  })

  test("is ignored without the setting, and in the other dialect", () => {
    expect(topicOf("clicks.example.com", { ...given, fromHost: false })).toEqual(["events", false])
    expect(topicOf("clicks.example.com", settings)).toEqual(["events", false])
    const parsed = parseLine(bytes("1.2.3.4 5 Shop /t/a p ua"), given, 0)
    expect(parsed).toMatchObject({ event: { topic: "Shop" }, isTopicUnknown: false })
  })
})

/** The bytes of a string: its own when it has only bytes, else those of its UTF-8. */
const bytesOfAny = (text: string): string =>
  [...text].some((char) => char > "\u00ff") ? bytesOf(text) : text

const unescaped = (field: string): string =>
  field.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
