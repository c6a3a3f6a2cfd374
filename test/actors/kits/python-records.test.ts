/**
 * The records of the Python enricher beside ours, for random events of any bytes: equal but for the device. FUZZ_SEED
 * repeats a run.
 */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import fc from "fast-check"
import { enrichEvents } from "../../../actors/transform/enrich-events.ts"
import type { RawBatch } from "../../../contracts/batch.ts"
import type { EnrichedEvent } from "../../../contracts/event.ts"
import { emptyDigest, newBatchId } from "../../../contracts/ids.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"
import { installedKit } from "../../support/python-kit.ts"
import { anyEvents, comparable } from "./any-events.ts"

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

describe.skipIf(kit === undefined)("records of the Python enricher", () => {
  const enrich = enrichEvents({ locate: () => ({ country: "BR", city: "São Paulo" }), keyParam: "key" })
  for (const format of [1, 2] as const)
    test(`are ours for any bytes, in requests of format ${format}`, () => {
      fc.assert(
        fc.property(anyEvents, (found) => {
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
