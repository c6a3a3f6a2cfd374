/** The contract of every store of reactions: commits, gates, claims and settlements. */
import { expect } from "bun:test"
import { Effect, type Scope } from "effect"
import type { Gate } from "../../../bridge/reaction-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import {
  at,
  bytes,
  type Check,
  checksAt,
  claim,
  claimOne,
  commit,
  delivered,
  delivery,
  hour,
  id,
  later,
  ledger,
  line,
  load,
  type Place,
  records,
  settle,
  settlement,
  target,
  textIn
} from "./check.ts"
import { peopleContract } from "./people-contract.ts"
import { targetContract } from "./target-contract.ts"

export const reactionContract = (place: Effect.Effect<Place, Failure, Scope.Scope>): void => {
  const check = checksAt(place)
  commits(check)
  gates(check)
  claims(check)
  targetContract(check)
  peopleContract(check)
}

const commits = (check: Check): void => {
  check("an empty store has version 0, an empty ledger and nothing to claim", (store) =>
    Effect.gen(function* () {
      expect((yield* load(store, [])).version).toBe(0)
      expect(yield* ledger(store)).toEqual({
        ...{ rules: [], waiting: 0, inFlight: 0 },
        oldestWaiting: undefined
      })
      expect(yield* claim(store)).toEqual([])
      expect(yield* store.rules).toEqual({ version: 0, rules: [] })
      yield* store.dependency.check
    })
  )

  check("a record matches once: what is read or stored again is known, by partition", (store) =>
    Effect.gen(function* () {
      const batch = newBatchId()
      const read = records([0, eventId(batch, 0)], [3, eventId(batch, 1)])
      const added = yield* commit(store, read, { deliveries: [delivery("a"), delivery("b")] })
      expect(added).toEqual({ added: [id("a"), id("b")], suppressed: [] })
      expect((yield* load(store, read)).verdicts).toEqual(["reread", "reread"])
      expect((yield* load(store, records([4, eventId(batch, 1)], [5]))).verdicts).toEqual([
        "repeated",
        "fresh"
      ])
      const other = { topic: "clicks" as Topic, partition: 0 }
      expect((yield* load(store, read, other)).verdicts).toEqual(["fresh", "fresh"])
      expect(yield* line(store)).toEqual({ matched: 2, waiting: 2 })
    })
  )

  check("a commit that names another version changes nothing", (store) =>
    Effect.gen(function* () {
      const { fences } = yield* load(store, records([0]))
      const once: Gate = { kind: "once", key: "k", at: 1, until: later }
      const write = (name: string) => ({
        ...{ fences, handled: 1, deliveries: [delivery(name, { gates: [once] })] },
        suppressed: [{ rule: "r", reason: "loop", count: 3 }]
      })
      expect(yield* store.commit(at, 7, write("future"))).toBeUndefined()
      expect(yield* line(store)).toEqual({})
      expect((yield* store.commit(at, 0, write("first")))?.added).toEqual([id("first")])
      expect(yield* store.commit(at, 0, write("zombie"))).toBeUndefined()
      expect(yield* line(store)).toEqual({ matched: 4, waiting: 1, suppressed: { loop: 3 } })
    })
  )

  check("of many commits at the same time one is done", (store, open) =>
    Effect.gen(function* () {
      const stores = [store, yield* open(hour), yield* open(hour)]
      const { fences } = yield* load(store, records([0]))
      const done = yield* Effect.forEach(
        stores.flatMap((one) => [one, one]),
        (one, i) =>
          one.commit(at, 0, { fences, handled: 1, deliveries: [delivery(`d${i}`)], suppressed: [] }),
        { concurrency: "unbounded" }
      )
      expect(done.filter((added) => added !== undefined)).toHaveLength(1)
      expect((yield* claim(store)).map((one) => one.id)).toEqual([id(`d${done.findIndex(Boolean)}`)])
    })
  )

  check("only the handled records are known afterwards", (store) =>
    Effect.gen(function* () {
      yield* commit(store, records([0], [1], [2]), { handled: 2 })
      expect((yield* load(store, records([0], [1], [2]))).verdicts).toEqual(["reread", "reread", "fresh"])
    })
  )

  check("a large commit is one step", (store) =>
    Effect.gen(function* () {
      const deliveries = Array.from({ length: 3_000 }, (_, i) =>
        delivery(`d${i}`, {
          target: target(`https://${i % 50}.example`),
          gates: [{ kind: "once", key: `k${i}`, at: 1, until: later }]
        })
      )
      expect((yield* commit(store, records([0]), { deliveries }))?.added).toHaveLength(3_000)
      expect(yield* line(store)).toEqual({ matched: 3_000, waiting: 3_000 })
      expect(yield* claim(store, { max: 500 })).toHaveLength(500)
      expect(yield* line(store)).toEqual({ matched: 3_000, waiting: 2_500, inFlight: 500 })
    })
  )
}

const gates = (check: Check): void => {
  const once = (key: string, from: number, until: number): Gate => ({ kind: "once", key, at: from, until })
  const rate = (key: string, window: number, max: number): Gate => ({
    ...{ kind: "rate", key, window, max, forMs: hour }
  })
  check("once per key while it lasts, by the times of the log", (store) =>
    Effect.gen(function* () {
      const add = (name: string, ...own: ReadonlyArray<Gate>) => store.add([delivery(name, { gates: own })])
      expect(yield* add("a", once("k", 1_000, 2_000))).toEqual({ added: [id("a")], suppressed: [] })
      expect((yield* add("b", once("k", 1_999, 2_999))).suppressed).toEqual([
        { id: id("b"), reason: "repeated" }
      ])
      expect((yield* add("c", once("k", 2_000, 3_000))).added).toEqual([id("c")])
      expect((yield* add("d", once("k", 2_001, 3_001))).added).toEqual([])
      expect((yield* add("e", once("ö \u0000".repeat(1_000), 2_001, 3_001))).added).toEqual([id("e")])
      expect(yield* line(store)).toEqual({ matched: 5, waiting: 3, suppressed: { repeated: 2 } })
    })
  )

  check("the first ever per key", (store) =>
    Effect.gen(function* () {
      const first = once("k", 1_000, Number.POSITIVE_INFINITY)
      const added = yield* store.add(["a", "b"].map((name) => delivery(name, { gates: [first] })))
      expect(added).toEqual({ added: [id("a")], suppressed: [{ id: id("b"), reason: "not first" }] })
      const much = once("k", 9e14, Number.POSITIVE_INFINITY)
      expect((yield* store.add([delivery("c", { gates: [much] })])).added).toEqual([])
    })
  )

  check("at most so many per window", (store) =>
    Effect.gen(function* () {
      const names = ["a", "b", "c", "d"]
      const added = yield* store.add(names.map((name) => delivery(name, { gates: [rate("k", 60, 3)] })))
      expect(added.suppressed).toEqual([{ id: id("d"), reason: "too many" }])
      const next = yield* store.add([
        delivery("e", { gates: [rate("k", 120, 3)] }),
        delivery("f", { gates: [rate("other", 60, 3)] }),
        delivery("g", { gates: [rate("k", 60, 3)] })
      ])
      expect(next.added).toEqual([id("e"), id("f")])
    })
  )

  check("a delivery that one gate suppresses leaves the others as they were", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a", { gates: [once("k", 1, 10)] })])
      const both = yield* store.add([
        delivery("b", { gates: [rate("n", 0, 1), once("k", 2, 10)] }),
        delivery("c", { gates: [rate("n", 0, 1)] })
      ])
      expect(both.added).toEqual([id("c")])
    })
  )

  check("together: none is added when one is suppressed, and no gate is passed", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a", { gates: [once("pair", 1, 10)] })])
      const pair = [
        delivery("b", { gates: [once("own", 5, 10)] }),
        delivery("c", { gates: [once("pair", 5, 10)] })
      ]
      const added = yield* store.add(pair, true)
      expect(added.added).toEqual([])
      expect(added.suppressed.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
        { id: id("b"), reason: "repeated" },
        { id: id("c"), reason: "repeated" }
      ])
      expect((yield* store.add([delivery("d", { gates: [once("own", 5, 10)] })], true)).added).toEqual([
        id("d")
      ])
      expect(yield* line(store)).toEqual({ matched: 4, waiting: 2, suppressed: { repeated: 2 } })
    })
  )

  check("a delivery whose id is in the store is neither added nor counted again", (store) =>
    Effect.gen(function* () {
      const add = () => store.add([delivery("a"), delivery("a", { rule: "other" })])
      expect((yield* add()).added).toEqual([id("a")])
      const one = yield* claimOne(store)
      expect(yield* add()).toEqual({ added: [], suppressed: [] })
      yield* settle(store, settlement(one, { kind: "dead" }))
      expect((yield* add()).added).toEqual([])
      expect(yield* line(store)).toEqual({ matched: 1, dead: 1 })
      expect(yield* line(store, "other")).toEqual({})
    })
  )
}

const claims = (check: Check): void => {
  check("a claimed delivery has all that was added; what is not due is not claimed", (store) =>
    Effect.gen(function* () {
      const before = Date.now()
      const content = new Uint8Array([0, 255, 10, 13, 128])
      const name = 'id:1|größe 🙂"'
      yield* store.add([
        delivery(name, {
          content,
          rule: "r/web-push",
          target: target("https://größe.example:1"),
          expires: 99
        }),
        delivery("later", { due: later })
      ])
      const [one, ...more] = yield* claim(store)
      expect(more).toEqual([])
      expect(one).toMatchObject({ id: name, rule: "r/web-push", target: "https://größe.example:1" })
      expect([one?.attempt, one?.expires]).toEqual([1, 99])
      expect([...(one?.content ?? [])]).toEqual([...content])
      expect(one?.created).toBeGreaterThanOrEqual(before - 2_000)
      expect(one?.created).toBeLessThanOrEqual(Date.now() + 2_000)
      expect((yield* ledger(store)).oldestWaiting).toBeGreaterThan(before - 3_000)
    })
  )

  check("a delivery is claimed by one of many claimers", (store, open) =>
    Effect.gen(function* () {
      yield* store.add(Array.from({ length: 100 }, (_, i) => delivery(`d${i}`)))
      const claimers = [store, yield* open(hour), yield* open(hour), store]
      const found = yield* Effect.forEach(claimers, (one) => claim(one, { max: 40 }), {
        concurrency: "unbounded"
      })
      const ids = found.flat().map((one) => one.id)
      expect([ids.length, new Set(ids).size]).toEqual([100, 100])
      expect(new Set(found.flat().map(({ lease }) => lease)).size).toBe(100)
    })
  )

  check("those due longest come first", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("c", { due: 30 }), delivery("a", { due: 9 }), delivery("b", { due: 10 })])
      expect((yield* claim(store)).map((one) => one.id)).toEqual([id("a"), id("b"), id("c")])
    })
  )

  check(
    "a lease that has expired is claimed again as the next attempt, and then its holder is late",
    (store) =>
      Effect.gen(function* () {
        yield* store.add([delivery("a")])
        const first = yield* claimOne(store, { leaseMs: 0 })
        const second = yield* claimOne(store)
        expect([first.attempt, second.attempt]).toEqual([1, 2])
        expect(yield* claim(store)).toEqual([])
        expect(yield* settle(store, settlement(first, delivered))).toEqual([false])
        expect(yield* line(store)).toEqual({ matched: 1, inFlight: 1 })
        expect(yield* settle(store, settlement(second, delivered))).toEqual([true])
        expect(yield* line(store)).toEqual({ matched: 1, delivered: 1 })
      })
  )

  check("a lease that has expired is settled by its holder while nobody else has it", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a")])
      const first = yield* claimOne(store, { leaseMs: 0 })
      // The lease ends, and the delivery waits, because its target may not be called.
      yield* store.pause(first.target)
      expect(yield* claim(store)).toEqual([])
      expect(yield* line(store)).toEqual({ matched: 1, waiting: 1 })
      expect(yield* settle(store, settlement(first, delivered))).toEqual([true])
      expect(yield* line(store)).toEqual({ matched: 1, delivered: 1 })
      yield* store.resume(first.target)
      expect(yield* claim(store)).toEqual([])
    })
  )

  check("renewed leases last longer, only for their holder", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a"), delivery("b")])
      const [a, b] = yield* claim(store)
      if (a === undefined || b === undefined) throw new Error("Nothing was claimed.")
      yield* store.renew([a, { id: b.id, lease: a.lease }, { id: id("unknown"), lease: "x" }], 0)
      const again = yield* claim(store)
      expect(again.map((one) => one.id)).toEqual([a.id])
      yield* store.renew([a], 0)
      expect(yield* claim(store)).toEqual([])
    })
  )

  check("retries, releases and next steps", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a")])
      const first = yield* claimOne(store)
      const retry = settlement(first, { kind: "retry", at: later })
      expect(yield* settle(store, retry)).toEqual([true])
      // Its reply was lost.
      expect(yield* settle(store, retry)).toEqual([false])
      expect(yield* claim(store)).toEqual([])
      yield* store.resume(first.target)
      const second = yield* claimOne(store)
      expect(second.attempt).toBe(2)
      yield* settle(store, settlement(second, { kind: "released", at: 0 }))
      const third = yield* claimOne(store)
      expect(third.attempt).toBe(2)
      const next = { concurrency: 1, perSecond: undefined }
      yield* settle(
        store,
        settlement(third, {
          ...{ kind: "next", target: target("https://b.example") },
          ...{ limits: next, content: bytes("next") }
        })
      )
      const fourth = yield* claimOne(store)
      expect([fourth.id, fourth.attempt, fourth.target]).toEqual([id("a"), 1, target("https://b.example")])
      expect(textIn(fourth.content)).toBe("next")
      expect(fourth.created).toBe(first.created)
      yield* settle(store, settlement(fourth, delivered))
      expect(yield* line(store)).toEqual({ matched: 1, delivered: 1 })
    })
  )

  check("what a delivery causes is added in the same step, once, and only if it takes effect", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a")])
      const first = yield* claimOne(store, { leaseMs: 0 })
      const second = yield* claimOne(store)
      const spawn = [delivery("a.report-1", { rule: "r/report" }), delivery("a.fcm", { rule: "r/fcm" })]
      const outcome = { kind: "retry", at: later } as const
      expect(yield* settle(store, settlement(first, outcome, { spawn }))).toEqual([false])
      expect(yield* settle(store, settlement(second, outcome, { spawn }))).toEqual([true])
      expect(yield* settle(store, settlement(second, outcome, { spawn }))).toEqual([false])
      expect((yield* claim(store)).map((one) => one.id).toSorted()).toEqual([id("a.fcm"), id("a.report-1")])
      expect(yield* line(store, "r/report")).toEqual({ matched: 1, inFlight: 1 })
      expect(yield* line(store)).toEqual({ matched: 1, waiting: 1 })
    })
  )

  check(
    "what a delivery would have caused is counted with its reason, once, and only if it takes effect",
    (store) =>
      Effect.gen(function* () {
        yield* store.add([delivery("a")])
        const first = yield* claimOne(store, { leaseMs: 0 })
        const second = yield* claimOne(store)
        const suppressed = [
          { rule: "r/device", reason: "no device", count: 1 },
          { rule: "r/fcm", reason: "not configured", count: 2 }
        ]
        expect(yield* settle(store, settlement(first, delivered, { suppressed }))).toEqual([false])
        expect(yield* settle(store, settlement(second, delivered, { suppressed }))).toEqual([true])
        expect(yield* settle(store, settlement(second, delivered, { suppressed }))).toEqual([false])
        expect(yield* line(store, "r/device")).toEqual({ matched: 1, suppressed: { "no device": 1 } })
        expect(yield* line(store, "r/fcm")).toEqual({ matched: 2, suppressed: { "not configured": 2 } })
        expect(yield* line(store)).toEqual({ matched: 1, delivered: 1 })
      })
  )

  check(
    "waiting ends when something is due: added here, added by others, at its time, or not at all",
    (store, open) =>
      Effect.gen(function* () {
        const other = yield* open(hour)
        yield* store.awaitDue(1)
        yield* Effect.all([store.awaitDue(30_000), store.add([delivery("a")])], { concurrency: 2 })
        const first = yield* claimOne(store)
        yield* Effect.all([store.awaitDue(30_000), other.add([delivery("b")])], { concurrency: 2 })
        yield* settle(store, settlement(yield* claimOne(store), { kind: "retry", at: Date.now() + 50 }))
        yield* settle(store, settlement(first, delivered))
        yield* store.awaitDue(30_000)
        // The clock of a server may differ a little.
        let found = yield* claim(store)
        while (found.length === 0) {
          yield* store.awaitDue(30_000)
          found = yield* claim(store)
        }
        expect(found.map((one) => one.id)).toEqual([id("b")])
        // The end of a lease is waited for as well.
        yield* settle(store, ...found.map((one) => settlement(one, { kind: "retry", at: 0 })))
        yield* claimOne(store, { leaseMs: 50 })
        for (found = []; found.length === 0; found = yield* claim(store)) yield* store.awaitDue(30_000)
        expect(found[0]?.attempt).toBe(4)
      })
  )
}
