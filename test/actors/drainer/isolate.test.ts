/** The events that crash whoever handles them are found and rejected; all others of their batch go through. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import fc from "fast-check"
import { isolate } from "../../../actors/drainer/isolate.ts"
import type { RawBatch, Receipt } from "../../../contracts/batch.ts"
import type { RawEvent } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { newBatchId } from "../../../contracts/ids.ts"

const batchOf = (count: number): RawBatch => ({
  id: newBatchId(),
  claimed: 1,
  events: Array.from({ length: count }, (_, index) => ({ index }) as RawEvent)
})

/** An enricher that crashes on a batch with any of these events, and counts how often it is asked. */
const crashingOn = (guilty: ReadonlySet<number>) => {
  const asked = { times: 0 }
  const ask = ({ id, events }: RawBatch): Effect.Effect<Receipt, Failure> => {
    asked.times += 1
    return events.some(({ index }) => guilty.has(index))
      ? Effect.fail(new Failure({ reason: "crashed", message: "boom" }))
      : Effect.succeed({ id, stored: events.length, placements: [], rejected: [] })
  }
  return { asked, ask }
}

describe("isolate", () => {
  test("rejects exactly the guilty events, with what was said", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.uniqueArray(fc.nat(59), { maxLength: 5 }),
        (count, places) => {
          const guilty = new Set(places.filter((place) => place < count))
          const batch = batchOf(count)
          const receipt = Effect.runSync(isolate(crashingOn(guilty).ask)(batch))
          expect(receipt.stored).toBe(count - guilty.size)
          expect(receipt.rejected.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
            [...guilty].toSorted((a, b) => a - b)
          )
          for (const { reason, detail } of receipt.rejected)
            expect([reason, detail]).toEqual(["crashed", "boom"])
        }
      )
    )
  })

  test("one guilty event of 1,000 takes at most 2 log2(n) + 1 questions", () => {
    const { asked, ask } = crashingOn(new Set([617]))
    Effect.runSync(isolate(ask)(batchOf(1_000)))
    expect(asked.times).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(1_000)) + 1)
  })

  test("an outage is nobody's guilt: it comes back as it is", () => {
    const away = () => Effect.fail(new Failure({ reason: "no-responders", message: "no enricher" }))
    const failure = Effect.runSync(Effect.flip(isolate(away)(batchOf(8))))
    expect(failure.reason).toBe("no-responders")
  })
})
