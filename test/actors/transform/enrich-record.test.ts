/** The contract's test vectors from line to record, with the bundled GeoIP database; and the same with arbitrary bytes. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import fc from "fast-check"
import { enrichEvent } from "../../../actors/transform/enrich-record.ts"
import { layer } from "../../../bridge/geo-ip/layer.ts"
import { GeoIp } from "../../../bridge/geo-ip/service.ts"
import { rememberDevices } from "../../../bridge/user-agent/device.ts"
import type { ByteString, RawEvent } from "../../../contracts/event.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { parseRecord } from "../../../contracts/wire/record.ts"
import { settings, vectors } from "../../contracts/wire/vectors.ts"

const { locate } = await Effect.runPromise(GeoIp.pipe(Effect.provide(layer)))
const tools = { locate, detect: rememberDevices(), keyParam: undefined }

const eventOf = (line: string): RawEvent => {
  const parsed = parseLine(line as ByteString, settings, 3)
  if (parsed.kind === "unreadable") throw new Error(parsed.reason)
  return parsed.event
}

describe("the contract's vectors", () => {
  for (const vector of vectors) {
    test(vector.line, () => {
      const enriched = enrichEvent(eventOf(vector.line), vector.now, tools)
      const record = enriched.value
      const read = parseRecord(record)
      expect<unknown>(read).toMatchObject({
        dialect: vector.dialect,
        event: vector.event,
        params: vector.params
      })
      expect(Object.fromEntries(read?.meta ?? [])).toMatchObject(vector.meta ?? {})
      if (vector.value !== undefined) expect<string>(record).toBe(vector.value)
      expect(enriched.index).toBe(3)
    })
  }

  test("the first vector, as a whole record", () => {
    const [vector] = vectors
    expect<string>(enrichEvent(eventOf(vector?.line ?? ""), vector?.now ?? 0, tools).value).toBe(
      "app_open type=Desktop&browser=Firefox&engine=Gecko&version=56.0&os=Mac&host=trk.example.com&pod=10.1.2.3&ts=1795206900000&ip=cb007109&klag=5922&country=XX&city=XX deviceid=abcdf&ts=123456&referrer=website"
    )
  })
})

test("the record of an address with a known network is the same as without", () => {
  const event = eventOf("1.2.3.4 1795206900123 host pod /t/a e=1 ua")
  const place = { country: "DE", city: "Bonn" }
  const recordOf = (located: typeof place) => enrichEvent(event, 5, { ...tools, locate: () => located }).value
  expect(recordOf({ ...place, ...{ asn: 64_496, isp: "Example" } })).toBe(recordOf(place))
  expect<string>(recordOf(place)).toContain("&country=DE&city=Bonn ")
})

test("received is in milliseconds in both dialects", () => {
  const received = (line: string) => enrichEvent(eventOf(line), 0, tools).received
  expect(received("1.2.3.4 1795206900123 host pod /t/a e ua")).toBe(1_795_206_900_123)
  expect(received("1.2.3.4 1795206900 clicks /t/a p ua")).toBe(1_795_206_900_000)
})

test("the key is the named parameter's value; without a value there is no key", () => {
  const key = (query: string, keyParam: string | undefined) =>
    enrichEvent(eventOf(`1.2.3.4 5 host pod /t/a ${query} ua`), 0, { ...tools, keyParam })
  expect(key("a=1&user=J%C3%BCrgen&user=2", "user").key).toBe("Jürgen")
  expect(key("a=1&user=", "user")).not.toHaveProperty("key")
  expect(key("a=1", "user")).not.toHaveProperty("key")
  expect(key("user=1", undefined)).not.toHaveProperty("key")
})

test("arbitrary bytes of a client give a record of three parts and stay unchanged", () => {
  const any = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((b) => String.fromCharCode(b)) })
  const field = any.map((text) => text.replaceAll(" ", ""))
  fc.assert(
    fc.property(field, field, field, any, (host, path, query, userAgent) => {
      const event = eventOf(`1.2.3.4 5 ${host} nopod /${path} ${query} ${userAgent}`)
      const parts = enrichEvent(event, 0, tools).value.split(" ")
      expect(parts).toHaveLength(3)
      expect(parts[1]).toMatch(/^[!-~]+$/)
      expect(parts[2]).toBe(query || "e")
    }),
    { numRuns: 2_000 }
  )
})
