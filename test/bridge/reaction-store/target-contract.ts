/** The contract of the targets of every store of reactions: fairness, limits, breakers, holds, pauses, disabled targets. */
import { expect } from "bun:test"
import { Effect } from "effect"
import type { TargetHealth } from "../../../bridge/reaction-store/service.ts"
import {
  type Check,
  claim,
  claimOne,
  delivered,
  delivery,
  expectNothing,
  hour,
  id,
  later,
  line,
  type Store,
  settle,
  settlement,
  target,
  targetOf
} from "./check.ts"

const many = (count: number, prefix: string, more: Parameters<typeof delivery>[1] = {}) =>
  Array.from({ length: count }, (_, i) => delivery(`${prefix}${i}`, more))

/** Claims one and settles it as due again, with what its call says of the target. */
const call = Effect.fnUntraced(function* (store: Store, health: TargetHealth, openMs = hour) {
  const one = yield* claimOne(store)
  const rules = { failures: 3, openMs, maxOpenMs: 4 * hour }
  yield* store.settle([settlement(one, { kind: "retry", at: 0 }, { health })], rules)
})

export const targetContract = (check: Check): void => {
  limits(check)
  breakers(check)
  people(check)
}

const limits = (check: Check): void => {
  check("a claim takes of as many targets as possible, and the rest from those that have more", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(500, "a"))
      for (const name of ["b", "c", "d"])
        yield* store.add(many(2, name, { target: target(`https://${name}.example`) }))
      const found = yield* claim(store, { max: 20 })
      const counts = Map.groupBy(found, (one) => one.target)
      expect([...counts].map(([name, of]) => [String(name), of.length]).toSorted()).toEqual([
        ["https://a.example", 14],
        ["https://b.example", 2],
        ["https://c.example", 2],
        ["https://d.example", 2]
      ])
    })
  )

  check("targets have their turn one after another", (store) =>
    Effect.gen(function* () {
      for (let i = 0; i < 30; i += 1)
        yield* store.add(many(3, `t${i}-`, { target: target(`https://${i}.example`), due: i }))
      const found = yield* Effect.forEach([1, 2, 3], () => claim(store, { max: 10 }))
      expect(new Set(found.flat().map((one) => one.target)).size).toBe(30)
    })
  )

  check(
    "the calls at the same time are limited over all claimers, by the target or by default",
    (store, open) =>
      Effect.gen(function* () {
        const other = yield* open(hour)
        const own = { concurrency: 2, perSecond: undefined }
        yield* store.add([
          ...many(20, "a", { limits: own }),
          ...many(20, "b", { target: target("https://b.example") })
        ])
        const first = yield* claim(store, { concurrency: 5 })
        expect(first.filter((one) => one.target === "https://a.example")).toHaveLength(2)
        expect(first).toHaveLength(7)
        yield* expectNothing(other, { concurrency: 5 })
        const [one] = first
        if (one === undefined) throw new Error("Nothing was claimed.")
        yield* settle(store, settlement(one, delivered))
        expect((yield* claim(other, { concurrency: 5 })).map((next) => next.target)).toEqual([one.target])
        // The strictest limit of its rules applies, as long as they have one.
        yield* store.add([
          delivery("strict", { rule: "s", limits: { concurrency: 1, perSecond: undefined } })
        ])
        yield* settle(store, ...first.slice(1).map((next) => settlement(next, delivered)))
        yield* store.pause(target("https://b.example"))
        expect(yield* claim(other, { concurrency: 5 })).toHaveLength(
          one.target === "https://a.example" ? 0 : 1
        )
        yield* store.add([delivery("loose", { rule: "s" })])
        const now = yield* claim(other, { concurrency: 5 })
        expect(now.length).toBeGreaterThan(0)
      })
  )

  check("the calls per second are limited over all claimers", (store, open) =>
    Effect.gen(function* () {
      const other = yield* open(hour)
      yield* store.add(many(20, "a", { limits: { concurrency: undefined, perSecond: 0.001 } }))
      expect(yield* claim(store)).toHaveLength(1)
      yield* expectNothing(other)
      yield* store.add(
        many(300, "b", {
          target: target("https://b.example"),
          limits: { concurrency: undefined, perSecond: 100 }
        })
      )
      const begun = Date.now()
      let found = 0
      while (found < 30) {
        yield* other.awaitDue(1_000)
        found += (yield* claim(other)).length
      }
      // Ten at once, then one each 10 ms; 30 ms for the difference of clocks.
      expect(Date.now() - begun).toBeGreaterThanOrEqual(200 - 30)
    })
  )

  check("excepted targets are left to others, and nobody waits for them", (store) =>
    Effect.gen(function* () {
      yield* store.add([delivery("a"), delivery("b", { target: target("https://b.example") })])
      const except = [target("https://a.example")]
      expect((yield* claim(store, { except })).map((one) => one.id)).toEqual([id("b")])
      const begun = Date.now()
      yield* store.awaitDue(150)
      expect(Date.now() - begun).toBeGreaterThanOrEqual(140)
      expect((yield* claim(store)).map((one) => one.id)).toEqual([id("a")])
    })
  )
}

const breakers = (check: Check): void => {
  check("a breaker opens after failures in a row, and says so", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(5, "a"))
      for (const health of ["failed", "failed", "worked", "failed", "unknown", "failed"] as const)
        yield* call(store, health)
      expect((yield* targetOf(store)).state).toBe("closed")
      yield* call(store, "failed")
      const open = yield* targetOf(store)
      expect(open).toMatchObject({
        state: "open",
        failures: 3,
        worked: 1,
        failed: 5,
        waiting: 5,
        inFlight: 0
      })
      expect((open.until ?? 0) - Date.now()).toBeGreaterThan(hour - 60_000)
      expect(yield* claim(store)).toEqual([])
      yield* store.add([delivery("new")])
      yield* expectNothing(store)
      expect(yield* line(store)).toEqual({ matched: 6, waiting: 6 })
    })
  )

  check("a half-open breaker lets one call through; one that works closes it", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(5, "a"))
      for (const health of ["failed", "failed", "failed"] as const) yield* call(store, health, 0)
      expect((yield* targetOf(store)).state).toBe("half-open")
      const probe = yield* claimOne(store, { max: 100 })
      yield* expectNothing(store)
      yield* settle(store, settlement(probe, { kind: "released", at: 0 }))
      const second = yield* claimOne(store, { max: 100 })
      yield* settle(store, settlement(second, delivered, { health: "worked" }))
      expect(yield* targetOf(store)).toMatchObject({ state: "closed", failures: 0, worked: 1, failed: 3 })
      expect(yield* claim(store)).toHaveLength(4)
    })
  )

  check("a call that fails while half-open opens it for twice as long, up to the maximum", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(5, "a"))
      for (let i = 0; i < 3; i += 1) yield* call(store, "failed", 30)
      const rules = { failures: 3, openMs: 30, maxOpenMs: 120 }
      const lasted: Array<number> = []
      for (let i = 0; i < 3; i += 1) {
        let found = yield* claim(store)
        while (found.length === 0) {
          yield* store.awaitDue(1_000)
          found = yield* claim(store)
        }
        expect(found).toHaveLength(1)
        const before = Date.now()
        const outcome = { kind: "retry", at: 0 } as const
        yield* store.settle(
          found.map((one) => settlement(one, outcome, { health: "failed" })),
          rules
        )
        lasted.push(((yield* targetOf(store)).until ?? before) - before)
      }
      for (const [i, [least, most]] of [
        [60, 119],
        [120, 1_000],
        [120, 1_000]
      ].entries()) {
        expect(lasted[i]).toBeGreaterThanOrEqual((least ?? 0) - 30)
        expect(lasted[i]).toBeLessThan((most ?? 0) + 1_000)
      }
    })
  )

  check("a probe whose lease expires is followed by another", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(5, "a"))
      for (let i = 0; i < 3; i += 1) yield* call(store, "failed", 0)
      yield* claimOne(store, { max: 100, leaseMs: 0 })
      yield* claimOne(store, { max: 100 })
      expect(yield* claim(store)).toEqual([])
    })
  )

  check("a target that asked to wait is held, also for what comes", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(2, "a"))
      const one = yield* claimOne(store)
      yield* settle(store, settlement(one, { kind: "retry", at: 0 }, { holdUntil: later }))
      yield* store.add([delivery("new")])
      yield* expectNothing(store)
      expect(yield* targetOf(store)).toMatchObject({ state: "held", until: later })
      yield* store.resume(one.target)
      expect(yield* claim(store)).toHaveLength(3)
    })
  )
}

const people = (check: Check): void => {
  check("a paused target waits until it is resumed, which makes all due that waits, and no more", (store) =>
    Effect.gen(function* () {
      const name = target("https://a.example")
      yield* store.pause(name)
      yield* store.add([...many(3, "a"), ...many(3, "later", { due: later })])
      yield* store.add([delivery("b", { target: target("https://b.example") })])
      expect((yield* claim(store)).map((one) => one.id)).toEqual([id("b")])
      expect((yield* targetOf(store)).state).toBe("paused")
      yield* expectNothing(store)
      yield* store.resume(name)
      yield* store.add([delivery("new", { due: later })])
      const found = yield* claim(store)
      expect(found).toHaveLength(6)
      yield* settle(store, ...found.map((one) => settlement(one, { kind: "retry", at: later })))
      expect(yield* claim(store)).toEqual([])
      expect(yield* targetOf(store)).toMatchObject({ state: "closed", waiting: 7 })
    })
  )

  check("resuming closes the breaker", (store) =>
    Effect.gen(function* () {
      yield* store.add(many(2, "a"))
      for (let i = 0; i < 3; i += 1) yield* call(store, "failed")
      expect(yield* claim(store)).toEqual([])
      yield* store.resume(target("https://a.example"))
      expect(yield* claim(store)).toHaveLength(2)
      expect(yield* targetOf(store)).toMatchObject({ state: "closed", failures: 0, failed: 3 })
    })
  )

  check("a target that is disabled for a rule suppresses what comes of it, and passes no gate", (store) =>
    Effect.gen(function* () {
      const gates = [{ kind: "once", key: "k", at: 1, until: later }] as const
      yield* store.add(many(2, "a"))
      yield* settle(store, settlement(yield* claimOne(store), { kind: "dead" }, { disables: true }))
      const added = yield* store.add([delivery("b", { gates }), delivery("c", { rule: "other" })])
      expect(added).toEqual({ added: [id("c")], suppressed: [{ id: id("b"), reason: "target disabled" }] })
      expect((yield* targetOf(store)).disabledFor).toEqual(["r"])
      expect(yield* claim(store)).toHaveLength(2)
      yield* store.enable(target("https://a.example"), "r")
      expect((yield* store.add([delivery("d", { gates })])).added).toEqual([id("d")])
      expect((yield* targetOf(store)).disabledFor).toEqual([])
      expect(yield* line(store)).toEqual({
        ...{ matched: 4, dead: 1, waiting: 1, inFlight: 1 },
        suppressed: { "target disabled": 1 }
      })
    })
  )

  check("a delivery does not go on to a target that is disabled for its rule", (store) =>
    Effect.gen(function* () {
      const second = target("https://b.example")
      const next = {
        kind: "next",
        target: second,
        limits: { concurrency: undefined, perSecond: undefined },
        content: new Uint8Array([2])
      } as const
      yield* store.add([delivery("b", { target: second })])
      yield* settle(store, settlement(yield* claimOne(store), { kind: "dead" }, { disables: true }))
      yield* store.add([delivery("a"), delivery("other", { rule: "other" })])
      yield* settle(store, ...(yield* claim(store)).map((one) => settlement(one, next)))
      expect((yield* claim(store)).map((one) => one.id)).toEqual([id("other")])
      expect(yield* line(store)).toEqual({ matched: 2, dead: 1, suppressed: { "target disabled": 1 } })
    })
  )
}
