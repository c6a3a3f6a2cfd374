/** The contract of every store of keyed actors. `place` is an unused location; a store opened there again is the same store. */
import { expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import type { RecordRef } from "../../../bridge/keyed-store/fences.ts"
import type {
  KeyedChanges,
  KeyedPartition,
  KeyedStore,
  LoadedPartition,
  LoadRequest
} from "../../../bridge/keyed-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { type BatchId, type EventId, eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"

type Store = KeyedStore["Service"]
export type Place = (horizon: number) => Effect.Effect<Store, Failure, Scope.Scope>

const hour = 3_600_000
const topic = "events" as Topic
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textIn = (state: Uint8Array | undefined): string | undefined =>
  state === undefined ? undefined : new TextDecoder().decode(state)

const load = (store: Store, at: KeyedPartition, request: Partial<LoadRequest> = {}) => {
  const { records = [] } = request
  const end = request.end ?? String(BigInt(records.at(-1)?.offset ?? "-1") + 1n)
  return store.load(at, { records, end, keys: [], timersUpTo: 0, maxTimers: 100, ...request })
}

const changes = (loaded: LoadedPartition, change: Partial<KeyedChanges> = {}): KeyedChanges => ({
  ...{ fences: loaded.fences, handled: loaded.verdicts.length, clock: 0, partitions: 1 },
  ...{ states: new Map(), timers: [], outputs: [] },
  ...change
})

const records = (
  ...places: ReadonlyArray<readonly [offset: number, id?: EventId]>
): ReadonlyArray<RecordRef> => places.map(([offset, id]) => ({ offset: String(offset), id }))

export const keyedContract = (place: Effect.Effect<Place, Failure, Scope.Scope>): void => {
  const check = (
    what: string,
    body: (store: Store, at: KeyedPartition, open: Place) => Effect.Effect<void, Failure, Scope.Scope>
  ): void =>
    test(what, () =>
      Effect.gen(function* () {
        const open = yield* place
        yield* body(yield* open(hour), { actor: `test-${crypto.randomUUID()}`, topic, partition: 0 }, open)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
    )
  commits(check)
  timersAndOutputs(check)
  fences(check)
}

type Check = (
  what: string,
  body: (store: Store, at: KeyedPartition, open: Place) => Effect.Effect<void, Failure, Scope.Scope>
) => void

const commits = (check: Check): void => {
  check("a partition without state has version 0", (store, at) =>
    Effect.gen(function* () {
      const loaded = yield* load(store, at, { keys: ["a"] })
      expect([loaded.version, loaded.clock, loaded.partitions]).toEqual([0, 0, undefined])
      expect([loaded.states.size, loaded.timers.length, loaded.verdicts.length]).toEqual([0, 0, 0])
      expect(yield* store.waiting(at, 0)).toEqual({ due: 0, outputs: 0 })
      yield* store.dependency.check
    })
  )

  check("states are set and removed, by partition and by actor, for keys of any text", (store, at) =>
    Effect.gen(function* () {
      const keys = ["a", "größe:1", "🙂", "7:x", "a\u0000b", "x".repeat(500)]
      const states = new Map(keys.map((key) => [key, bytes(`state of ${key}`)]))
      const first = yield* load(store, at)
      expect(
        yield* store.commit(at, 0, changes(first, { states, clock: 1_796_019_519_806, partitions: 6 }))
      ).toBe(true)
      const second = yield* load(store, at, { keys: [...keys, "unknown"] })
      expect([second.version, second.clock, second.partitions]).toEqual([1, 1_796_019_519_806, 6])
      expect([...second.states.keys()].toSorted()).toEqual(keys.toSorted())
      for (const key of keys) expect(textIn(second.states.get(key))).toBe(`state of ${key}`)
      yield* store.commit(at, 1, changes(second, { states: new Map([["a", undefined]]) }))
      expect((yield* load(store, at, { keys: ["a", "🙂"] })).states.size).toBe(1)
      for (const other of [
        { ...at, partition: 1 },
        { ...at, actor: `${at.actor}-2` }
      ])
        expect((yield* load(store, other, { keys })).states.size).toBe(0)
    })
  )

  check("a commit that names another version changes nothing", (store, at) =>
    Effect.gen(function* () {
      const id = newBatchId()
      const loaded = yield* load(store, at, { records: records([5, eventId(id, 0)]) })
      const write = (state: string) =>
        changes(loaded, {
          states: new Map([["a", bytes(state)]]),
          timers: [{ key: "a", name: state, due: 5 }],
          outputs: [{ topic, value: bytes(state), headers: { id: state } }]
        })
      expect(yield* store.commit(at, 0, write("first"))).toBe(true)
      expect(yield* store.commit(at, 0, write("zombie"))).toBe(false)
      expect(yield* store.commit(at, 7, write("future"))).toBe(false)
      const after = yield* load(store, at, { keys: ["a"], timersUpTo: 10 })
      expect(after.version).toBe(1)
      expect(textIn(after.states.get("a"))).toBe("first")
      expect(after.timers).toEqual([{ key: "a", name: "first", due: 5 }])
      expect((yield* store.outputs(at, 10)).map(({ record }) => record.headers.id)).toEqual(["first"])
    })
  )

  check("of many commits at the same time one is done", (store, at, open) =>
    Effect.gen(function* () {
      const others = [store, yield* open(hour), yield* open(hour)]
      const loaded = yield* load(store, at)
      const done = yield* Effect.forEach(
        others.flatMap((one) => [one, one]),
        (one, i) => one.commit(at, 0, changes(loaded, { states: new Map([["a", bytes(String(i))]]) })),
        { concurrency: "unbounded" }
      )
      expect(done.filter(Boolean)).toHaveLength(1)
      const after = yield* load(store, at, { keys: ["a"] })
      expect(textIn(after.states.get("a"))).toBe(String(done.indexOf(true)))
    })
  )

  check("a large commit is one step: thousands of keys, timers and outputs", (store, at) =>
    Effect.gen(function* () {
      const keys = Array.from({ length: 5_000 }, (_, i) => `key-${i}`)
      const loaded = yield* load(store, at)
      yield* store.commit(
        at,
        0,
        changes(loaded, {
          states: new Map(keys.map((key) => [key, bytes(key)])),
          timers: keys.map((key, i) => ({ key, name: "end", due: i })),
          outputs: keys.map((key) => ({ topic, key, value: bytes(key), headers: {} }))
        })
      )
      const after = yield* load(store, at, { keys, timersUpTo: Number.POSITIVE_INFINITY, maxTimers: 3_000 })
      expect([after.states.size, after.timers.length]).toEqual([5_000, 3_000])
      expect(after.timers.at(-1)).toEqual({ key: "key-2999", name: "end", due: 2_999 })
      expect(yield* store.waiting(at, 99)).toEqual({ due: 100, outputs: 5_000 })
    })
  )
}

const timersAndOutputs = (check: Check): void => {
  check("timers are found by time with the states of their keys, moved and removed", (store, at) =>
    Effect.gen(function* () {
      const loaded = yield* load(store, at)
      const timers = [
        { key: "b", name: "end", due: 30 },
        { key: "a", name: "z", due: 20 },
        { key: "a", name: "", due: 20 },
        { key: "größe", name: "1:x", due: 10 }
      ]
      yield* store.commit(at, 0, changes(loaded, { timers, states: new Map([["größe", bytes("s")]]) }))
      const due = yield* load(store, at, { timersUpTo: 29.9 })
      expect(due.timers).toEqual([timers[3], timers[2], timers[1]] as never)
      expect(textIn(due.states.get("größe"))).toBe("s")
      expect((yield* load(store, at, { timersUpTo: 100, maxTimers: 1 })).timers).toEqual([timers[3]] as never)
      expect((yield* load(store, at, { timersUpTo: Number.NEGATIVE_INFINITY })).timers).toEqual([])
      const moved = [
        { key: "b", name: "end", due: 1 },
        { key: "a", name: "z", due: undefined }
      ]
      yield* store.commit(at, 1, changes(due, { timers: moved }))
      expect((yield* load(store, at, { timersUpTo: 100 })).timers.map(({ due }) => due)).toEqual([1, 10, 20])
    })
  )

  check("outputs wait in order until they are removed, and a place is never used again", (store, at) =>
    Effect.gen(function* () {
      const output = (key: string | undefined, text: string) => ({
        topic: "sessions" as Topic,
        ...(key === undefined ? {} : { key }),
        value: bytes(text),
        headers: { id: text }
      })
      const add = Effect.fnUntraced(function* (...outputs: ReadonlyArray<ReturnType<typeof output>>) {
        const loaded = yield* load(store, at)
        yield* store.commit(at, loaded.version, changes(loaded, { outputs }))
      })
      yield* add(output("a", "1"), output(undefined, "2"), output("b", "3"))
      const [first, second] = yield* store.outputs(at, 2)
      expect([first?.record, second?.record]).toEqual([output("a", "1"), output(undefined, "2")])
      yield* store.appended(at, second?.place ?? 0)
      yield* store.appended(at, second?.place ?? 0)
      const [third] = yield* store.outputs(at, 10)
      expect(third?.record.headers.id).toBe("3")
      yield* store.appended(at, third?.place ?? 0)
      yield* add(output("a", "4"))
      // What another process appended before is removed by its place, never what came after.
      yield* store.appended(at, third?.place ?? 0)
      expect((yield* store.outputs(at, 10)).map(({ record }) => record.headers.id)).toEqual(["4"])
    })
  )

  check("the times of re-keyed sources never decrease", (store) =>
    Effect.gen(function* () {
      const param = `p-${crypto.randomUUID()}` as Topic
      expect([...(yield* store.rekeyed(param, new Map()))]).toEqual([])
      yield* store.rekeyed(
        param,
        new Map([
          ["events-0", 1_796_019_519_806],
          ["events-1", 5]
        ])
      )
      const known = yield* store.rekeyed(
        param,
        new Map([
          ["events-0", 4],
          ["events-1", 6]
        ])
      )
      expect(known).toEqual(
        new Map([
          ["events-0", 1_796_019_519_806],
          ["events-1", 6]
        ])
      )
      expect(yield* store.rekeyed(`${param}-other` as Topic, new Map())).toEqual(new Map())
    })
  )
}

const fences = (check: Check): void => {
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
