/** The contract of a full table: it keeps the heavy keys, states every error, loses no count, and can be reset. */
import { expect } from "bun:test"
import { Effect } from "effect"
import fc from "fast-check"
import { otherKey, type ProjectionStore, type Row } from "../../../bridge/projection-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { add, batchOf } from "./model.ts"

type Store = ProjectionStore["Service"]

/** Applies one batch after another; each is a list of keys, counted once each. */
const applied = (store: Store, projection: string, batches: ReadonlyArray<ReadonlyArray<string>>) =>
  Effect.forEach(
    batches,
    (keys, i) => store.apply(projection, batchOf([[i, undefined, ...keys.map((key) => add("t", key, 1))]])),
    { discard: true }
  )

const truthOf = (batches: ReadonlyArray<ReadonlyArray<string>>): ReadonlyMap<string, number> => {
  const truth = new Map<string, number>()
  for (const key of batches.flat()) truth.set(key, (truth.get(key) ?? 0) + 1)
  return truth
}

/** The guarantees of a table with `places` for keys and one for the rest. */
const expectPromises = (
  rows: ReadonlyArray<Row>,
  batches: ReadonlyArray<ReadonlyArray<string>>,
  places: number
): void => {
  const truth = truthOf(batches)
  const total = batches.flat().length
  const named = rows.filter(({ key }) => key !== otherKey)
  expect(named.length).toBe(Math.min(truth.size, places))
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(total)
  for (const { key, count, error = 0 } of named) {
    const real = truth.get(key) ?? 0
    expect(count).toBeLessThanOrEqual(real)
    expect(count + error).toBeGreaterThanOrEqual(real)
    expect(error).toBeLessThanOrEqual(total / places)
  }
  const kept = new Set(named.map(({ key }) => key))
  for (const [key, real] of truth) if (real > total / places) expect(kept.has(key)).toBe(true)
}

/** For a table of 10 keys. Any history, in batches of any size, compared with the model. */
export const keepsHeavyKeys = (store: Store, projection: string): Effect.Effect<void, Failure> =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(
            fc.oneof(
              { weight: 2, arbitrary: fc.constantFrom("heavy 1", "heavy 2", "heavy 3") },
              { weight: 3, arbitrary: fc.integer({ min: 0, max: 60 }).map((n) => `light ${n}`) }
            ),
            { maxLength: 40 }
          ),
          { maxLength: 12 }
        ),
        async (batches) => {
          const own = `${projection}-${crypto.randomUUID()}`
          await Effect.runPromise(applied(store, own, batches))
          const rows = await Effect.runPromise(store.top(own, "t", 100))
          expectPromises(rows, batches, 9)
          expect(await Effect.runPromise(store.size(own, "t"))).toBe(rows.length)
        }
      ),
      { numRuns: 40 }
    )
  )

/** For a table of 1,000 keys that is full of others before the heavy one comes, between many that come once. */
export const findsLateHeavyKey = Effect.fnUntraced(function* (store: Store, projection: string) {
  const old = Array.from({ length: 1_200 }, (_, n) => `old ${n}`)
  const batches = [
    old,
    old.slice(0, 900),
    ...Array.from({ length: 30 }, (_, round) => [
      ...Array.from({ length: 200 }, (_, n) => `once ${round} ${n}`),
      ...Array.from({ length: 20 }, () => "late and heavy")
    ])
  ]
  yield* applied(store, projection, batches)
  const rows = yield* store.top(projection, "t", 2_000)
  expectPromises(rows, batches, 999)
  const [rest, late] = rows
  expect(rest?.key).toBe(otherKey)
  expect(late).toEqual({ key: "late and heavy", count: 600, error: late?.error ?? 0 })
  expect(late?.error).toBeLessThanOrEqual(2)
  expect((yield* store.top(projection, "t", 2)).map(({ key }) => key)).toEqual([otherKey, "late and heavy"])
})

/** For a table of 10 keys. Events before a reset are not counted again; later ones count from 0. */
export const beginsAnew = Effect.fnUntraced(function* (store: Store, projection: string) {
  const keys = Array.from({ length: 30 }, (_, n) => `key ${n}`)
  yield* applied(store, projection, [keys])
  yield* store.apply(projection, batchOf([[1, undefined, add("u", "x", 5)]]))
  expect((yield* store.top(projection, "t", 100)).some(({ error }) => error !== undefined)).toBe(true)
  yield* store.reset(projection, "t")
  expect(yield* store.top(projection, "t", 100)).toEqual([])
  expect(yield* store.size(projection, "t")).toBe(0)
  expect(yield* store.top(projection, "u", 100)).toEqual([{ key: "x", count: 5 }])
  const again = batchOf([
    [0, undefined, add("t", "key 0", 1)],
    [2, undefined, add("t", "key 29", 1)]
  ])
  expect(yield* store.apply(projection, again)).toEqual({ applied: 1, reread: 1, duplicates: 0 })
  expect(yield* store.top(projection, "t", 100)).toEqual([{ key: "key 29", count: 1 }])
  yield* store.reset(projection, "never counted")
})
