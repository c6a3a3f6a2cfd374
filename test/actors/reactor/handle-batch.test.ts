/** The reactor on a store: what it loads and commits, and what it does when the store is away or another one writes. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { isFailure } from "effect/Result"
import type { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import { inFile } from "../../bridge/reaction-store/places.ts"
import { recordOf, ruleOf } from "../rules/events.ts"
import { batchOf, inUse, reactorOn } from "./batches.ts"

type Store = ReactionStore["Service"]

const id = (n: number): string => `${"0190".padEnd(32, "b")}-${n}`
const events = (count: number, type = "bud", params = "e") =>
  Array.from({ length: count }, (_, n) => recordOf(type, params, { id: id(n), offset: String(n) }))

/** A test with a store in a file, whose loads and commits are counted. */
const withStore = (
  body: (store: Store, calls: { load: number; commit: number }) => Effect.Effect<void, Failure>
) =>
  Effect.gen(function* () {
    const store = yield* (yield* inFile)(3_600_000)
    const calls = { load: 0, commit: 0 }
    const counted: Store = {
      ...store,
      load: (...args) => {
        calls.load += 1
        return store.load(...args)
      },
      commit: (...args) => {
        calls.commit += 1
        return store.commit(...args)
      }
    }
    yield* body(counted, calls)
  }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

const matched = (store: Store) =>
  Effect.map(store.ledger, ({ rules }) =>
    Object.fromEntries(rules.map(({ rule, matched: count }) => [rule, count]))
  )

const rules = inUse(ruleOf("bud", { when: { type: "bud", all: ["params.a missing"] } }))

test("a batch without a match asks the store nothing", () =>
  withStore(
    Effect.fnUntraced(function* (store, calls) {
      const { handle } = reactorOn(store, () => rules)
      yield* handle(batchOf(events(5, "geo")))
      yield* handle(batchOf(events(5, "bud", "a=1")))
      expect(calls).toEqual({ load: 0, commit: 0 })
    })
  ))

test("what matches is written once; a batch that is read again loads and commits nothing", () =>
  withStore(
    Effect.fnUntraced(function* (store, calls) {
      const { handle, counts } = reactorOn(store, () => rules)
      yield* handle(batchOf([...events(3), recordOf("geo", "e", { id: id(3), offset: "3" })]))
      yield* handle(batchOf(events(3)))
      expect(yield* matched(store)).toEqual({ bud: 3 })
      expect(calls).toEqual({ load: 2, commit: 1 })
      expect(Object.fromEntries(counts)).toEqual({ commits: 1, matched: 3, repeated: 3 })
    })
  ))

test("a batch with more than one commit takes is written in several", () =>
  withStore(
    Effect.fnUntraced(function* (store, calls) {
      const { handle } = reactorOn(store, () => rules)
      yield* handle(batchOf(events(450)))
      expect(yield* matched(store)).toEqual({ bud: 450 })
      expect(calls.commit).toBe(3)
    })
  ))

test("two rules for one event are two deliveries; suppressed matches are counted with their reason", () =>
  withStore(
    Effect.fnUntraced(function* (store) {
      const two = inUse(
        ruleOf("each"),
        ruleOf("once", { often: { once: "{{ params.d }}", within: "1h" } }),
        ruleOf("not-wanted", { do: { if: "", emit: { type: "x" } } })
      )
      const { handle, counts } = reactorOn(store, () => two)
      yield* handle(batchOf(events(3, "bud", "d=1")))
      const { rules: lines } = yield* store.ledger
      expect(
        lines.map(({ rule, matched: all, waiting, suppressed }) => ({ rule, all, waiting, suppressed }))
      ).toEqual([
        { rule: "each", all: 3, waiting: 3, suppressed: {} },
        { rule: "not-wanted", all: 3, waiting: 0, suppressed: { "not wanted": 3 } },
        { rule: "once", all: 3, waiting: 1, suppressed: { repeated: 2 } }
      ])
      expect(Object.fromEntries(counts)).toEqual({ commits: 1, matched: 9, "not wanted": 3, repeated: 2 })
    })
  ))

test("an event that its client sent again has another id and matches once; records of other producers match once too", () =>
  withStore(
    Effect.fnUntraced(function* (store) {
      const { handle } = reactorOn(store, () => inUse(ruleOf("bud")))
      const again = ["a", "b"].map((letter, n) =>
        recordOf("bud", "idempotency_key=k1&x=1", { id: `${"0190".padEnd(32, letter)}-0`, offset: String(n) })
      )
      yield* handle(batchOf(again))
      expect(yield* matched(store)).toEqual({ bud: 1 })
      const foreign = ["2", "3"].map((offset) => recordOf("bud", "x=2", { id: "", offset }))
      for (let times = 0; times < 2; times++) yield* handle(batchOf(foreign))
      expect(yield* matched(store)).toEqual({ bud: 3 })
    })
  ))

describe("when something else is wrong", () => {
  test("another process has committed: it loads again, and nothing is written twice", () =>
    withStore(
      Effect.fnUntraced(function* (store, calls) {
        const other = reactorOn(store, () => rules)
        let isFirst = true
        const meanwhile: Store = {
          ...store,
          load: (...args) =>
            Effect.tap(store.load(...args), () => {
              if (!isFirst) return Effect.void
              isFirst = false
              return other.handle(batchOf(events(2)))
            })
        }
        const { handle, counts } = reactorOn(meanwhile, () => rules)
        yield* handle(batchOf(events(4)))
        expect(yield* matched(store)).toEqual({ bud: 4 })
        expect(counts.get("conflicts")).toBe(1)
        expect(calls.commit).toBe(3)
      })
    ))

  test("one that commits all the time: the batch fails and is read again, with an infrastructure failure", () =>
    withStore(
      Effect.fnUntraced(function* (store) {
        const refusing: Store = { ...store, commit: () => Effect.succeed(undefined) }
        const failed = yield* Effect.result(reactorOn(refusing, () => rules).handle(batchOf(events(1))))
        expect(isFailure(failed) && failed.failure.reason).toBe("busy")
        expect(isFailure(failed) && failed.failure.infrastructure).toBe(true)
      })
    ))

  test("the store is away, or the rules of the API are not known: the batch waits, and then matches", () =>
    withStore(
      Effect.fnUntraced(function* (store, calls) {
        let isAway = true
        const away = new Failure({ reason: "unavailable", message: "away" })
        const sometimes: Store = {
          ...store,
          load: (...args) => Effect.suspend(() => (isAway ? Effect.fail(away) : store.load(...args)))
        }
        const { handle } = reactorOn(sometimes, () => rules)
        expect(isFailure(yield* Effect.result(handle(batchOf(events(1)))))).toBe(true)
        isAway = false
        yield* handle(batchOf(events(1)))
        expect(yield* matched(store)).toEqual({ bud: 1 })
        const loads = calls.load
        const unknown = reactorOn(store, () => rules, Effect.never)
        const failed = yield* Effect.result(unknown.handle(batchOf(events(1))))
        expect(isFailure(failed) && failed.failure.infrastructure).toBe(true)
        expect(calls.load).toBe(loads)
      })
    ))
})
