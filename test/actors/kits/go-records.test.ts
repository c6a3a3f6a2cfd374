/** The records of the Go enricher beside ours, for random events of any bytes: equal but for the device. FUZZ_SEED repeats a run. */
import { beforeAll, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import fc from "fast-check"
import { enrichEvents } from "../../../actors/transform/enrich-events.ts"
import type { RawBatch } from "../../../contracts/batch.ts"
import type { EnrichedEvent } from "../../../contracts/event.ts"
import { emptyDigest, newBatchId } from "../../../contracts/ids.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"
import { goCommands, hasGo } from "../../support/go-kit.ts"
import { anyEvents, comparable } from "./any-events.ts"

describe.skipIf(!hasGo)("records of the Go enricher", () => {
  let program = ""
  beforeAll(async () => {
    program = (await goCommands())("enrichbatch")
    expect(existsSync(program)).toBe(true)
  }, 600_000)

  const inGo = (batch: RawBatch, format: 1 | 2): ReadonlyArray<EnrichedEvent> => {
    const { stdout, stderr, status } = spawnSync(program, ["key"], {
      input: Enrich.write(batch, format),
      maxBuffer: 64 * 1024 * 1024
    })
    if (status !== 0) throw new Error(stderr.toString())
    return Store.read(new Uint8Array(stdout)).events
  }
  const enrich = enrichEvents({ locate: () => ({ country: "XX", city: "XX" }), keyParam: "key" })

  for (const format of [1, 2] as const)
    test(`are ours for any bytes, in requests of format ${format}`, () => {
      fc.assert(
        fc.property(anyEvents, (found) => {
          const raw = found.map((event, index) => ({ ...event, index: index * 3 }))
          const claimed = 1_795_206_905_922
          const batch: RawBatch = { id: newBatchId(), digest: emptyDigest, claimed, events: raw }
          const ours = enrich(raw, claimed).enriched
          expect(inGo(batch, format).map(comparable)).toEqual(ours.map(comparable))
        }),
        {
          numRuns: 50,
          ...(process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) })
        }
      )
    }, 120_000)
})
