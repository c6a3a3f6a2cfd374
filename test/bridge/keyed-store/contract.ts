/** The contract of every store of keyed actors. `place` is an unused location; a store opened there again is the same store. */
import { expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import type { KeyedPartition } from "../../../bridge/keyed-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import {
  bytes,
  type Check,
  changes,
  hour,
  load,
  type Place,
  records,
  type Store,
  textIn,
  topic
} from "./check.ts"
import { fences } from "./fence-contract.ts"

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

  check("timers that a crash kept from firing are found up to the partition's clock", (store, at) =>
    Effect.gen(function* () {
      const loaded = yield* load(store, at)
      const timers = [20, 21].map((due) => ({ key: "a", name: String(due), due }))
      yield* store.commit(at, 0, changes(loaded, { timers, clock: 20 }))
      for (const [timersUpTo, found] of [
        [Number.NEGATIVE_INFINITY, 1],
        [5, 1],
        [21, 2],
        [Number.POSITIVE_INFINITY, 2]
      ] as const)
        expect((yield* load(store, at, { timersUpTo })).timers).toHaveLength(found)
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
