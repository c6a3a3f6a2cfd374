/** A record has exactly three parts for any event, and is parsed as it was written. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { type ByteString, bytesOf, type RawEvent } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Device, DeviceType, Enrichment } from "../../../contracts/wire/enrichment.ts"
import {
  adtekioRecord,
  eventType,
  formatRecord,
  parseRecord,
  pushtechRecord
} from "../../../contracts/wire/record.ts"
import { bytes } from "./vectors.ts"

const device: Device = {
  type: "Mobile",
  browser: bytes("Chrome"),
  engine: bytes("Blink"),
  version: bytes("120.0.0.0"),
  os: bytes("Android"),
  model: bytes("Pixel 8"),
  botName: bytes("")
}
const enrichment: Enrichment = { device, place: { country: "BR", city: "São Paulo" }, now: 1_795_206_905_922 }
const raw: RawEvent = {
  index: 0,
  dialect: "pushtech",
  topic: "events" as Topic,
  ip: "203.0.113.9",
  ts: 1_795_206_900_000,
  host: bytes("h!'()*"),
  pod: bytes("nopod"),
  path: bytes("/t/a"),
  query: bytes("a=1&a=2"),
  userAgent: bytes("")
}

test("pushtech: all keys in order, RFC 3986", () => {
  expect<string>(pushtechRecord(raw, enrichment)).toBe(
    "a type=Mobile&browser=Chrome&engine=Blink&version=120.0.0.0&os=Android&host=h%21%27%28%29%2A&pod=nopod&ts=1795206900000&ip=cb007109&klag=5922&country=BR&city=S%C3%A3o%20Paulo a=1&a=2"
  )
})

test("adtekio: the whole path, keys in alphabetical order, bare without a value, times in seconds", () => {
  const event: RawEvent = { ...raw, dialect: "adtekio", ts: 1_795_206_900, path: bytes("/t/click") }
  expect<string>(adtekioRecord(event, enrichment)).toBe(
    "/t/click bot_name&country=BR&device=mobile&device_name=Pixel%208&ip=3405803785&klag=5&platform=android&ts=1795206900 a=1&a=2"
  )
})

test("klag is negative when the edge's clock is ahead", () => {
  const ahead = { ...enrichment, now: raw.ts - 1_500 }
  expect(parseRecord(pushtechRecord(raw, ahead))?.meta).toContainEqual(["klag", "-1500"])
  const inSeconds: RawEvent = { ...raw, dialect: "adtekio", ts: raw.ts / 1000 }
  expect(parseRecord(adtekioRecord(inSeconds, ahead))?.meta).toContainEqual(["klag", "-2"])
})

test("the event type is the last segment that is not empty", () => {
  const types = ["/", "//", "///", "/a", "/a/", "/a/b", "//a//b//", "/a%20b", "/a/\xff"].map(
    (path) => eventType(bytes(path)) as string
  )
  expect(types).toEqual(["/", "/", "/", "a", "a", "b", "b", "a%20b", "\xff"])
})

describe("whatever the bytes", () => {
  const any = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((b) => String.fromCharCode(b)) })
  const field = any.map((text) => bytes(text.replaceAll(" ", "")))
  const value = any.map(bytes)
  const event = fc.record({
    index: fc.nat(),
    dialect: fc.constantFrom("pushtech" as const, "adtekio" as const),
    topic: fc.constant("events" as Topic),
    ip: fc.oneof(fc.ipV4(), fc.ipV6()),
    ts: fc.nat(),
    host: field,
    pod: field,
    path: field.map((text) => `/${text}` as ByteString),
    query: field,
    userAgent: value
  })
  const surroundings = fc.record({
    device: fc.record({
      type: fc.constantFrom<DeviceType>(
        "Desktop",
        "Mobile",
        "Tablet",
        "TV",
        "Console",
        "Wearable",
        "Bot",
        "Unknown"
      ),
      browser: value,
      engine: value,
      version: value,
      os: value,
      model: value,
      botName: value
    }),
    place: fc.record({ country: fc.constantFrom("XX", "DE"), city: fc.string({ unit: "binary" }) }),
    now: fc.nat()
  })

  test("a record has three parts and is read back", () => {
    fc.assert(
      fc.property(event, surroundings, (event, enrichment) => {
        const record = formatRecord(event, enrichment)
        expect(record.split(" ")).toHaveLength(3)
        const read = parseRecord(record)
        const isAdtekio = event.dialect === "adtekio"
        expect<unknown>(read).toMatchObject({
          dialect: event.dialect,
          event: isAdtekio ? event.path : eventType(event.path),
          params: event.query
        })
        const meta = new Map(read?.meta)
        expect([...meta.keys()]).toEqual(
          isAdtekio
            ? ["bot_name", "country", "device", "device_name", "ip", "klag", "platform", "ts"]
            : [
                "type",
                "browser",
                "engine",
                "version",
                "os",
                "host",
                "pod",
                "ts",
                "ip",
                "klag",
                "country",
                "city"
              ]
        )
        expect(meta.get("ts")).toBe(String(event.ts))
        if (!isAdtekio) expect(meta.get("city")).toBe(enrichment.place.city.toWellFormed())
      }),
      { numRuns: 2_000 }
    )
  })

  test("reading a value never fails", () => {
    const piece = fc.constantFrom(" ", "type=", "bot_name", "&", "=", "%", "%ff", "\xff", "/", "a")
    fc.assert(
      fc.property(
        fc.oneof(
          any,
          fc.array(piece).map((pieces) => pieces.join(""))
        ),
        (text) => {
          const read = parseRecord(bytes(text))
          if (read !== undefined) expect(text.split(" ")).toHaveLength(3)
        }
      ),
      { numRuns: 5_000 }
    )
  })
})

test("the contract's reference value, written before pod existed, is read", () => {
  const read = parseRecord(
    bytesOf(
      "app_open type=Desktop&browser=Firefox&engine=Gecko&version=56.0&os=Mac&host=192.168.64.2&ts=1510826008003&ip=ffffac110001&klag=266&country=XX&city=XX deviceid=abcdf&ts=123456&referrer=website"
    )
  )
  expect<unknown>(read).toMatchObject({
    dialect: "pushtech",
    event: "app_open",
    params: "deviceid=abcdf&ts=123456&referrer=website"
  })
  expect(read?.meta).toContainEqual(["ip", "ffffac110001"])
})

test("any other text is undefined", () => {
  for (const text of ["", "a", "a type=Bot", " type=Bot e", "a type=Bot e e", "a x=1 e", "a  e"]) {
    expect([text, parseRecord(bytes(text))]).toEqual([text, undefined])
  }
})
