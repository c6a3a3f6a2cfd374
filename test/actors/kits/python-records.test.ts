/**
 * The records of the Python enricher beside ours, for random events of any bytes: equal but for the device. FUZZ_SEED
 * repeats a run.
 */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import fc from "fast-check"
import { enrichEvents } from "../../../actors/transform/enrich-events.ts"
import type { RawBatch } from "../../../contracts/batch.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString, EnrichedEvent, RawEvent } from "../../../contracts/event.ts"
import { emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"
import { splitRecord } from "../../../contracts/wire/record.ts"
import { installedKit } from "../../support/python-kit.ts"

const kit = await installedKit()

/** Reads a raw batch on standard input, and writes the enriched one. */
const script = `
import sys
from spoor_kit.batch import EnrichedBatch
from spoor_kit.enricher.__main__ import enrich_all
from spoor_kit.enricher.places import Place
from spoor_kit.wire import read_raw_batch, unpack, write_enriched_batch
batch = read_raw_batch(unpack(sys.stdin.buffer.read()))
records, rejected = enrich_all(batch, lambda ip: Place("BR", "São Paulo"), "key")
assert rejected == []
sys.stdout.buffer.write(write_enriched_batch(EnrichedBatch(batch.id, batch.digest, batch.claimed, 1, records)))
`

const inPython = (batch: RawBatch, format: 1 | 2): ReadonlyArray<EnrichedEvent> => {
  const { stdout, stderr, status } = spawnSync(kit?.python ?? "python3", ["-c", script], {
    input: Enrich.write(batch, format),
    maxBuffer: 64 * 1024 * 1024
  })
  if (status !== 0) throw new Error(stderr.toString())
  return Store.read(new Uint8Array(stdout)).events
}

/** The parts of a record, without those about the device. */
const comparable = ({ value, ...event }: EnrichedEvent) => {
  const { event: name, meta, params } = splitRecord(byteStringOf(value)) ?? {}
  const device = /^(type|browser|engine|version|os|bot_name|device|device_name|platform)(=|$)/
  return { ...event, name, params, meta: meta?.split("&").filter((pair) => !device.test(pair)) }
}

/** Any bytes but the space, with the beginnings of escapes and pairs more often than by chance. */
const bytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte === 32 ? 33 : byte)),
      fc.constantFrom("%", "+", "&", "=", "/", "%C3%A9", "%zz", "key=", "&key=a%20b+c", "&k%65y=x", "&%ff&")
    ),
    { maxLength: 12 }
  )
  .map((parts) => parts.join("") as ByteString)
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("0.0.0.0", "255.255.255.255", "::", "::1", "::ffff:172.17.0.1", "2001:db8::8:800:200c:417a")
)
const events: fc.Arbitrary<ReadonlyArray<Omit<RawEvent, "index">>> = fc.array(
  fc.record({
    dialect: fc.constantFrom("pushtech", "adtekio"),
    topic: fc.constantFrom(Topic.make("events"), Topic.make("other.topic")),
    ip: address,
    ts: fc.oneof(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: 1e12, max: 2e12 })),
    host: bytes,
    pod: bytes,
    path: bytes.map((rest) => `/${rest}` as ByteString),
    query: fc.oneof(bytes, fc.constantFrom("e" as ByteString, "p" as ByteString)),
    userAgent: bytes
  }),
  { minLength: 1, maxLength: 200 }
)

describe.skipIf(kit === undefined)("records of the Python enricher", () => {
  const enrich = enrichEvents({ locate: () => ({ country: "BR", city: "São Paulo" }), keyParam: "key" })
  for (const format of [1, 2] as const)
    test(`are ours for any bytes, in requests of format ${format}`, () => {
      fc.assert(
        fc.property(events, (found) => {
          const raw = found.map((event, index) => ({ ...event, index: index * 3 }))
          const claimed = 1_795_206_905_922
          const batch: RawBatch = { id: newBatchId(), digest: emptyDigest, claimed, events: raw }
          const ours = enrich(raw, claimed).enriched
          expect(inPython(batch, format).map(comparable)).toEqual(ours.map(comparable))
        }),
        {
          numRuns: 10,
          ...(process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) })
        }
      )
    }, 120_000)
})
