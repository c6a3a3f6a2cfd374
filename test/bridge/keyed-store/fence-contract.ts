/** The contract of the fences of every store of keyed actors. */
import { expect } from "bun:test"
import { Effect } from "effect"
import type { RecordRef } from "../../../bridge/keyed-store/fences.ts"
import type { KeyedPartition } from "../../../bridge/keyed-store/service.ts"
import { type BatchId, type EventId, eventId, newBatchId } from "../../../contracts/ids.ts"
import { type Check, changes, load, records, type Store } from "./check.ts"

export const fences = (check: Check): void => {
  /** Handles the records; returns the verdicts on them. */
  const handle = Effect.fnUntraced(function* (
    store: Store,
    at: KeyedPartition,
    batch: ReadonlyArray<RecordRef>,
    handled = batch.length,
    end?: string
  ) {
    const loaded = yield* load(store, at, { records: batch, ...(end === undefined ? {} : { end }) })
    expect(yield* store.commit(at, loaded.version, changes(loaded, { handled }))).toBe(true)
    return loaded.verdicts.join(" ")
  })
  const of = (id: BatchId, ...offsets: ReadonlyArray<readonly [offset: number, index: number]>) =>
    records(...offsets.map(([offset, index]) => [offset, eventId(id, index)] as const))

  check(
    "a record that is read again, and an event that is stored twice, have no second effect",
    (store, at) =>
      Effect.gen(function* () {
        const id = newBatchId()
        expect(yield* handle(store, at, of(id, [0, 0], [1, 1], [2, 1]))).toBe("fresh fresh repeated")
        expect(yield* handle(store, at, of(id, [1, 1], [2, 1], [3, 0], [4, 5_000]))).toBe(
          "reread reread repeated fresh"
        )
        expect(yield* handle(store, at, records([5], [6, "foreign" as EventId]))).toBe("fresh fresh")
        expect(yield* handle(store, at, records([6, "foreign" as EventId], [7]))).toBe("reread fresh")
        expect(yield* handle(store, { ...at, partition: 1 }, of(id, [0, 0]))).toBe("fresh")
      })
  )

  check("the fence stays when records below it are read again and committed with a timer", (store, at) =>
    Effect.gen(function* () {
      const batch = records([0], [1], [2])
      expect(yield* handle(store, at, batch)).toBe("fresh fresh fresh")
      expect(yield* handle(store, at, batch.slice(0, 1), 1, "3")).toBe("reread")
      expect(yield* handle(store, at, batch)).toBe("reread reread reread")
    })
  )

  check("records after the handled ones stay fresh", (store, at) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const batch = of(id, [0, 0], [1, 1], [2, 2])
      expect(yield* handle(store, at, batch, 2)).toBe("fresh fresh fresh")
      expect(yield* handle(store, at, batch, 0)).toBe("reread reread fresh")
      expect(yield* handle(store, at, batch)).toBe("reread reread fresh")
      expect(yield* handle(store, at, batch)).toBe("reread reread reread")
    })
  )

  check("a recreated topic is handled from its beginning", (store, at) =>
    Effect.gen(function* () {
      const id = newBatchId()
      yield* handle(store, at, of(id, [98, 0], [99, 1]), 2, "100")
      expect(yield* handle(store, at, of(id, [5, 1], [6, 2]), 2, "7")).toBe("repeated fresh")
      // It grew beyond the old one before it was read: an unknown event below the fence reveals it.
      yield* handle(store, at, of(id, [99, 3]), 1, "100")
      expect(yield* handle(store, at, of(id, [7, 4], [8, 3]), 2, "900")).toBe("fresh repeated")
    })
  )

  check("an invalid or descending offset is refused", (store, at) =>
    Effect.gen(function* () {
      for (const batch of [records([5], [5]), [{ offset: "x", id: undefined }]]) {
        const failure = yield* Effect.orDie(Effect.flip(load(store, at, { records: batch, end: "9" })))
        expect(failure.reason).toBe("unreadable")
      }
    })
  )
}
