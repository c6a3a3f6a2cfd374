/** The contract of every projection store. `place` is an unused location; a store opened there again is the same store. */
import { expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import fc from "fast-check"
import type { StoreLimits } from "../../../bridge/projection-store/limits.ts"
import { type Increment, otherKey, type ProjectionStore } from "../../../bridge/projection-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { type BatchId, eventId, newBatchId } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { beginsAnew, findsLateHeavyKey, keepsHeavyKeys } from "./heavy-keys.ts"
import { lateMember } from "./late-member.ts"
import { add, batchOf, type Model, modelOf, type Step, steps } from "./model.ts"
import { recreatedLog } from "./recreated-log.ts"

type Store = ProjectionStore["Service"]
export type Place = (limits: StoreLimits) => Effect.Effect<Store, Failure, Scope.Scope>

const limits: StoreLimits = { horizon: 3_600_000, maxKeys: 1_000 }
const newProjection = (): string => `test-${crypto.randomUUID()}`

export const storeContract = (place: Effect.Effect<Place, Failure, Scope.Scope>): void => {
  const check = (
    what: string,
    body: (store: Store, projection: string, open: Place) => Effect.Effect<void, Failure, Scope.Scope>,
    with_: Partial<StoreLimits> = {}
  ): void =>
    test(what, () =>
      Effect.gen(function* () {
        const open = yield* place
        yield* body(yield* open({ ...limits, ...with_ }), newProjection(), open)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
    )

  check("an empty store has no rows, and an empty batch does nothing", (store, projection) =>
    Effect.gen(function* () {
      expect(yield* store.top(projection, "t", 10)).toEqual([])
      expect(yield* store.size(projection, "t")).toBe(0)
      expect(yield* store.apply(projection, batchOf([]))).toEqual({ applied: 0, reread: 0, duplicates: 0 })
      yield* store.dependency.check
    })
  )

  check("increments add up, by table and by projection", (store, projection) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const applied = yield* store.apply(
        projection,
        batchOf([
          [0, eventId(id, 0), add("a", "x", 1), add("b", "x", 10)],
          [1, eventId(id, 1), add("a", "x", 2), add("a", "x", 3), add("a", "y", -1)],
          [2, eventId(id, 2)]
        ])
      )
      expect(applied).toEqual({ applied: 3, reread: 0, duplicates: 0 })
      expect(yield* store.top(projection, "a", 10)).toEqual([
        { key: "x", count: 6 },
        { key: "y", count: -1 }
      ])
      expect(yield* store.top(projection, "b", 10)).toEqual([{ key: "x", count: 10 }])
      const other = newProjection()
      yield* store.apply(other, batchOf([[0, eventId(id, 0), add("a", "x", 5)]]))
      expect(yield* store.top(other, "a", 10)).toEqual([{ key: "x", count: 5 }])
    })
  )

  check("records read before are not applied again, also in part of a batch", (store, projection) =>
    Effect.gen(function* () {
      const effect = (offset: number) => [offset, undefined, add("t", "x", 1)] as const
      yield* store.apply(projection, batchOf([effect(3), effect(4), effect(7)]))
      expect(yield* store.apply(projection, batchOf([effect(3), effect(4), effect(7)]))).toEqual({
        applied: 0,
        reread: 3,
        duplicates: 0
      })
      expect(yield* store.apply(projection, batchOf([effect(5), effect(7), effect(8), effect(9)]))).toEqual({
        applied: 2,
        reread: 2,
        duplicates: 0
      })
      expect(yield* store.top(projection, "t", 1)).toEqual([{ key: "x", count: 5 }])
      expect((yield* store.apply(projection, batchOf([effect(3)], 1))).applied).toBe(1)
      expect((yield* store.apply(projection, batchOf([effect(3)], 0, "other"))).applied).toBe(1)
    })
  )

  check("an event counts once, at any position of the log", (store, projection) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const event = (offset: number, index: number) =>
        [offset, eventId(id, index), add("t", `event ${index}`, 1)] as const
      yield* store.apply(projection, batchOf([event(0, 0), event(1, 9), event(2, 0), event(3, 5000)]))
      expect(yield* store.apply(projection, batchOf([event(4, 9), event(5, 10), event(6, 5000)]))).toEqual({
        applied: 1,
        reread: 0,
        duplicates: 2
      })
      const elsewhere = yield* store.apply(projection, batchOf([event(0, 10), event(1, 904)], 1))
      expect(elsewhere).toEqual({ applied: 1, reread: 0, duplicates: 1 })
      const rows = yield* store.top(projection, "t", 10)
      expect(rows.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1])
      // The fence is after the duplicates.
      expect((yield* store.apply(projection, batchOf([[6, undefined]]))).reread).toBe(1)
    })
  )

  check("the last bits of a bitmap and the first of the next are events like others", (store, projection) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const indexes = [0, 7, 8, 4095, 4096, 4103, 8191, 8192, 9_999_999]
      const batch = (from: number) =>
        batchOf(indexes.map((index, i) => [from + i, eventId(id, index), add("t", "x", 1)] as const))
      expect((yield* store.apply(projection, batch(0))).applied).toBe(indexes.length)
      expect((yield* store.apply(projection, batch(100))).duplicates).toBe(indexes.length)
    })
  )

  check("foreign ids are not stored", (store, projection) =>
    Effect.gen(function* () {
      const strange = ["x", "", "123-0", `${newBatchId()}-x`].map((id) => id as BatchId)
      const batch = (from: number) =>
        batchOf(strange.map((id, i) => [from + i, eventId(id, 0), add("t", "x", 1)] as const))
      yield* store.apply(projection, batch(0))
      expect(yield* store.apply(projection, batch(4))).toEqual({ applied: 4, reread: 0, duplicates: 0 })
      expect((yield* store.apply(projection, batch(4))).reread).toBe(4)
    })
  )

  check("all or nothing: a batch that cannot be applied changes nothing", (store, projection) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const wrong: ReadonlyArray<ReadonlyArray<Step>> = [
        [[1, eventId(id, 1), add("t", "x", 0.5)]],
        [[1, eventId(id, 1), add("t", "x", Number.NaN)]],
        [[1, eventId(id, 1), add("t", "x", Number.POSITIVE_INFINITY)]],
        [[1, eventId(id, 1), add("t", "x", 2 ** 53)]],
        [["-1", eventId(id, 1), add("t", "x", 1)]],
        [["01", eventId(id, 1), add("t", "x", 1)]],
        [[0, eventId(id, 1), add("t", "x", 1)]]
      ]
      for (const last of wrong) {
        const batch = batchOf([[0, eventId(id, 0), add("t", "x", 1)], ...last])
        const failure = yield* Effect.orDie(Effect.flip(store.apply(projection, batch)))
        expect(failure.reason).toBe("unreadable")
      }
      expect(yield* store.size(projection, "t")).toBe(0)
      const right = batchOf([
        [0, eventId(id, 0), add("t", "x", 1)],
        [1, eventId(id, 1), add("t", "x", 1)]
      ])
      expect((yield* store.apply(projection, right)).applied).toBe(2)
    })
  )

  check("the largest rows come first, up to the limit", (store, projection) =>
    Effect.gen(function* () {
      const counts: ReadonlyArray<readonly [string, number]> = [
        ["b", 2],
        ["ä", 2],
        ["a", 2],
        ["most", 2 ** 40],
        ["least", -3],
        ["", 1]
      ]
      const increments = counts.map(([key, by]) => add("t", key, by))
      yield* store.apply(projection, batchOf([[0, undefined, ...increments]]))
      const rows = yield* store.top(projection, "t", 100)
      expect(rows.map(({ key }) => key)).toEqual(["most", "ä", "b", "a", "", "least"])
      expect(rows[0]?.count).toBe(2 ** 40)
      expect(yield* store.top(projection, "t", 2)).toEqual(rows.slice(0, 2))
      expect(yield* store.top(projection, "t", 0)).toEqual([])
    })
  )

  check("keys are any text", (store, projection) =>
    Effect.gen(function* () {
      const keys = [
        "a\0b",
        "a\nb",
        "☃ 🙂",
        "{x}:y",
        "a".repeat(10_000),
        "'; DROP TABLE counts",
        "lone \ud800"
      ]
      yield* store.apply(projection, batchOf(keys.map((key, i) => [i, undefined, add("t", key, 1)] as const)))
      const rows = yield* store.top(projection, "t", 100)
      expect(rows.map(({ key }) => key).toSorted()).toEqual(keys.map((key) => key.toWellFormed()).toSorted())
    })
  )

  check(
    "a table has at most `maxKeys` keys; the counts of the rest are under one key",
    (store, projection) =>
      Effect.gen(function* () {
        const keys = (from: number, count: number): ReadonlyArray<Increment> =>
          Array.from({ length: count }, (_, i) => add("t", `key ${from + i}`, 1))
        yield* store.apply(projection, batchOf([[0, undefined, ...keys(0, 7)]]))
        yield* store.apply(projection, batchOf([[1, undefined, ...keys(5, 10)]]))
        yield* store.apply(projection, batchOf([[2, undefined, ...keys(0, 2), ...keys(100, 3)]]))
        expect(yield* store.size(projection, "t")).toBe(10)
        const rows = new Map((yield* store.top(projection, "t", 100)).map(({ key, count }) => [key, count]))
        expect(rows.get(otherKey)).toBeGreaterThan(0)
        expect(rows.size).toBe(10)
        expect([...rows.values()].reduce((sum, count) => sum + count)).toBe(7 + 10 + 5)
        yield* store.apply(projection, batchOf([[3, undefined, add("u", "x", 1), add("t", otherKey, 1)]]))
        expect(yield* store.size(projection, "u")).toBe(1)
        expect(yield* store.size(projection, "t")).toBe(10)
      }),
    { maxKeys: 10 }
  )

  check("a full table keeps the heavy keys and states every error", keepsHeavyKeys, { maxKeys: 10 })
  check("a heavy key that occurs late gets a place, and is listed first", findsLateHeavyKey)
  check("a reset table starts from 0, and its fences stay", beginsAnew, { maxKeys: 10 })

  check(
    "offsets beyond what a double holds, and of different lengths, are distinguished",
    (store, projection) =>
      Effect.gen(function* () {
        const effect = (offset: string) => [offset, undefined, add("t", "x", 1)] as const
        const apply = (...offsets: ReadonlyArray<string>) =>
          Effect.map(store.apply(projection, batchOf(offsets.map(effect))), ({ applied }) => applied)
        expect(yield* apply("9", "10")).toBe(2)
        expect(yield* apply("9", "99", "100")).toBe(2)
        expect(yield* apply("9007199254740992")).toBe(1)
        expect(yield* apply("9007199254740992", "9007199254740993")).toBe(1)
        expect(yield* apply("9007199254740993", "9007199254740994")).toBe(1)
        expect(yield* apply("9223372036854775806")).toBe(1)
        expect(yield* apply("100", "9223372036854775806")).toBe(0)
      })
  )

  check("a recreated log counts from its beginning, and its events count once", recreatedLog)
  check("a consumer that resumes late counts nothing twice", lateMember)

  check("a store that is opened again has all its data", (store, projection, open) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const effect = (offset: number) => [offset, eventId(id, 0), add("t", "x", 1)] as const
      yield* store.apply(projection, batchOf([effect(0)]))
      const again = yield* open(limits)
      expect(yield* again.top(projection, "t", 1)).toEqual([{ key: "x", count: 1 }])
      expect((yield* again.apply(projection, batchOf([effect(0)]))).reread).toBe(1)
      expect((yield* again.apply(projection, batchOf([effect(1)]))).duplicates).toBe(1)
    })
  )

  check("two concurrent writers lose nothing and count nothing twice", (store, projection, open) =>
    Effect.gen(function* () {
      const other = yield* open(limits)
      const id = newBatchId()
      const effect = (offset: number) => [offset, eventId(id, offset), add("t", "x", 1)] as const
      const batches = Array.from({ length: 40 }, (_, i) => batchOf([effect(2 * i), effect(2 * i + 1)], i % 4))
      yield* Effect.all(
        [store, other].map((one) =>
          Effect.forEach(batches, (batch) => one.apply(projection, batch), { concurrency: 4 })
        ),
        { concurrency: 2 }
      )
      expect(yield* store.top(projection, "t", 1)).toEqual([{ key: "x", count: 80 }])
    })
  )

  check(
    "an id is forgotten some time after its horizon",
    (store, projection) =>
      Effect.gen(function* () {
        const id = newBatchId()
        let offset = 0
        const apply = () => store.apply(projection, batchOf([[offset++, eventId(id, 0), add("t", "x", 1)]]))
        expect((yield* apply()).applied).toBe(1)
        yield* Effect.promise(() =>
          eventually("forgotten", async () => (await Effect.runPromise(apply())).applied === 1)
        )
      }),
    { horizon: 50 }
  )

  check("after any repeated reads, stores and reopenings it equals the model", (_, __, open) =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(steps, async (history) => {
          const projection = newProjection()
          const model: Model = modelOf(20)
          for (const batch of history) {
            const counted = await open({ ...limits, maxKeys: 20 }).pipe(
              Effect.flatMap((store) => store.apply(projection, batch)),
              Effect.scoped,
              Effect.runPromise
            )
            expect(counted).toEqual(model.apply(batch))
          }
          const rows = await open(limits).pipe(
            Effect.flatMap((store) => store.top(projection, "t", 1_000)),
            Effect.scoped,
            Effect.runPromise
          )
          expect(new Map(rows.map(({ key, count }) => [key, count]))).toEqual(model.counts)
        }),
        { numRuns: 25 }
      )
    )
  )
}
