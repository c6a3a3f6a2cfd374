/** Receipts are cached by batch and places, limited in number and time. */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeReceiptCache, receiptTtlMs } from "../../../actors/bridge/receipt-cache.ts"
import type { EnrichedBatch, Receipt } from "../../../contracts/batch.ts"
import { type BatchDigest, type BatchId, emptyDigest, newBatchId, Topic } from "../../../contracts/ids.ts"

const topic = Topic.make("events")

const batchOf = (id: BatchId, ...places: ReadonlyArray<number>): EnrichedBatch => ({
  id,
  digest: emptyDigest,
  claimed: 1,
  enriched: 2,
  events: places.map((index) => ({ index, topic, value: new Uint8Array(), received: 3 }))
})

/** A cache of at most `atMost` receipts that counts how often a batch was stored. */
const storing = (atMost?: number) => {
  const once = makeReceiptCache(atMost)
  let times = 0
  const store = (batch: EnrichedBatch) =>
    once(
      batch,
      Effect.sync((): Receipt => {
        times += 1
        return {
          id: batch.id,
          digest: batch.digest,
          stored: batch.events.length,
          placements: [],
          rejected: []
        }
      })
    )
  return { store, times: () => times }
}

describe("cached receipts", () => {
  test("are used for exactly the same events, not for any other set of places", async () => {
    const { store, times } = storing()
    const id = newBatchId()
    const parts = [
      [0, 1, 2, 3],
      [0, 1],
      [0, 1, 3],
      [0, 2, 3],
      [0, 3],
      [1, 2, 3],
      [2],
      [12],
      [1, 2],
      [0, 1, 2]
    ]
    for (const places of [...parts, ...parts]) {
      const receipt = await Effect.runPromise(store(batchOf(id, ...places)))
      expect(receipt.stored).toBe(places.length)
    }
    expect(times()).toBe(parts.length)
    await Effect.runPromise(store(batchOf(newBatchId(), 2)))
    expect(times()).toBe(parts.length + 1)
  })

  test("are used for the same lines: other lines under the same id are stored", async () => {
    const { store, times } = storing()
    const batch = batchOf(newBatchId(), 0, 1)
    const others = { ...batch, digest: "0123456789abcdef" as BatchDigest }
    const first = await Effect.runPromise(store(batch))
    expect(await Effect.runPromise(store(others))).toEqual({ ...first, digest: others.digest })
    expect(times()).toBe(2)
    await Effect.runPromise(store(batch))
    await Effect.runPromise(store(others))
    expect(times()).toBe(2)
  })

  test("are used for the same topics: the same events for other topics are stored", async () => {
    const { store, times } = storing()
    const batch = batchOf(newBatchId(), 0, 1, 2)
    const sentTo = (...topics: ReadonlyArray<string>): EnrichedBatch => ({
      ...batch,
      events: batch.events.map((event, i) => ({ ...event, topic: Topic.make(topics[i] ?? "") }))
    })
    const ways = [
      sentTo("a", "a", "a"),
      sentTo("b", "b", "b"),
      sentTo("a", "a", "b"),
      sentTo("a", "b", "a"),
      sentTo("a", "b", "b"),
      sentTo("b", "a", "a"),
      sentTo("a", "b", "c")
    ]
    for (const way of [...ways, ...ways]) await Effect.runPromise(store(way))
    expect(times()).toBe(ways.length)
  })

  test("expire, and the oldest are dropped first when there are too many", async () => {
    const { store, times } = storing(3)
    const ids = [1, 2, 3, 4].map(() => newBatchId())
    await Effect.runPromise(
      Effect.gen(function* () {
        for (const id of ids) yield* store(batchOf(id, 0))
        expect(times()).toBe(4)
        for (const id of ids.slice(1)) yield* store(batchOf(id, 0))
        expect(times()).toBe(4)
        yield* store(batchOf(ids[0] ?? newBatchId(), 0))
        expect(times()).toBe(5)
        yield* TestClock.adjust(receiptTtlMs)
        yield* store(batchOf(ids[0] ?? newBatchId(), 0))
        expect(times()).toBe(6)
      }).pipe(Effect.provide(TestClock.layer()))
    )
  })

  test("fail for everyone who waits when storing is interrupted", async () => {
    const once = makeReceiptCache()
    const batch = batchOf(newBatchId(), 0)
    const failure = await Effect.runPromise(
      Effect.gen(function* () {
        const first = yield* Effect.forkChild(once(batch, Effect.never), { startImmediately: true })
        const second = yield* Effect.forkChild(Effect.flip(once(batch, Effect.never)), {
          startImmediately: true
        })
        yield* Fiber.interrupt(first)
        return yield* Fiber.join(second)
      })
    )
    expect(failure).toMatchObject({ reason: "timeout", infrastructure: true })
  })
})
