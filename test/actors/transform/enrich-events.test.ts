/** Enriching a batch: the same batch gives the same records, and an event that cannot be enriched is rejected alone. */
import { describe, expect, test } from "bun:test"
import { enrichEvents } from "../../../actors/transform/enrich-events.ts"
import type { ByteString, RawEvent } from "../../../contracts/event.ts"
import { Topic } from "../../../contracts/ids.ts"

const event = (index: number, ip: string): RawEvent => ({
  index,
  dialect: "pushtech",
  topic: Topic.make("events"),
  ip,
  ts: 1_795_206_900_000,
  host: "h" as ByteString,
  pod: "p" as ByteString,
  path: "/t/a" as ByteString,
  query: "device=d1" as ByteString,
  userAgent: "curl/8" as ByteString
})

const locate = (ip: string) => {
  if (ip === "6.6.6.6") throw new Error("no such place")
  return { country: "DE", city: "XX" }
}

describe("enrichEvents", () => {
  test("gives the same records for the same batch, with the lag up to the claim and the key from the parameter", () => {
    const enrich = enrichEvents({ locate, keyParam: "device" })
    const events = [event(0, "1.2.3.4"), event(1, "1.2.3.5")]
    const first = enrich(events, 1_795_206_900_250)
    expect(enrich(events, 1_795_206_900_250)).toEqual(first)
    const [one] = first.enriched
    expect(Buffer.from(one?.value ?? []).toString()).toContain("klag=250&country=DE")
    expect(one).toMatchObject({ index: 0, key: "d1", received: 1_795_206_900_000 })
  })

  test("an event that throws is rejected alone", () => {
    const enrich = enrichEvents({ locate, keyParam: undefined })
    const { enriched, rejected } = enrich([event(0, "1.2.3.4"), event(1, "6.6.6.6"), event(2, "1.2.3.4")], 1)
    expect(enriched.map(({ index }) => index)).toEqual([0, 2])
    expect(rejected).toMatchObject([{ index: 1, topic: "events", stage: "enricher" }])
    expect(rejected[0]?.detail).toContain("no such place")
  })
})
