/** The contract of what people see and do in every store of reactions: last calls, dead deliveries, rules of the API. */
import { expect } from "bun:test"
import { Effect } from "effect"
import {
  bytes,
  type Check,
  claim,
  claimOne,
  delivered,
  delivery,
  id,
  line,
  type Store,
  settle,
  settlement,
  target,
  textIn
} from "./check.ts"

const now = Date.now()

/** Delivers one with a call that is recorded. */
const call = Effect.fnUntraced(function* (store: Store, text: string, rule: string, name: string) {
  yield* store.add([delivery(text, { rule, target: target(name) })])
  const one = yield* claimOne(store)
  yield* settle(store, settlement(one, delivered, { call: { at: now, rule, target: one.target, text } }))
})

export const peopleContract = (check: Check): void => {
  check("the last calls of a rule, of a target, of both, and of all", (store) =>
    Effect.gen(function* () {
      for (let i = 0; i < 3; i += 1) yield* call(store, `ra${i} ü`, "r", "https://a.example")
      for (let i = 0; i < 60; i += 1) yield* call(store, `sb${i}`, "s", "https://b.example")
      for (let i = 0; i < 160; i += 1) yield* call(store, `ub${i}`, `u${i}`, "https://b.example")
      const texts = (of: Parameters<Store["calls"]>[0], limit = 1_000) =>
        Effect.map(store.calls(of, limit), (calls) => calls.map(({ text }) => text))
      expect(yield* texts({ rule: "r" })).toEqual(["ra2 ü", "ra1 ü", "ra0 ü"])
      expect(yield* texts({ rule: "r" }, 2)).toEqual(["ra2 ü", "ra1 ü"])
      expect(yield* texts({ rule: "s" })).toHaveLength(50)
      expect(yield* texts({ target: target("https://a.example") })).toHaveLength(3)
      expect((yield* texts({ target: target("https://b.example") }))[0]).toBe("ub159")
      expect(yield* texts({ target: target("https://b.example"), rule: "u158" })).toEqual(["ub158"])
      expect(yield* texts({ target: target("https://a.example"), rule: "s" })).toEqual([])
      const all = yield* texts({})
      expect([all[0], all.length]).toEqual(["ub159", 200])
      expect((yield* store.calls({ rule: "u7" }, 1))[0]).toEqual({
        ...{ at: now, rule: "u7", target: target("https://b.example"), text: "ub7" }
      })
    })
  )

  check(
    "a dead delivery is replayed once, edited, for its line, without gates and though disabled",
    (store) =>
      Effect.gen(function* () {
        yield* store.add([delivery("a"), delivery("b")])
        const [a, b] = yield* claim(store)
        if (a === undefined || b === undefined) throw new Error("Nothing was claimed.")
        const again = delivery("a", {
          ...{ content: bytes("edited"), target: target("https://b.example"), rule: "other" },
          gates: [{ kind: "rate", key: "none", window: 0, max: 0, forMs: 1 }]
        })
        expect(yield* store.replay(again)).toBe("gone")
        yield* settle(
          store,
          settlement(a, { kind: "dead" }, { disables: true }),
          settlement(b, { kind: "dead" })
        )
        expect(yield* line(store)).toEqual({ matched: 2, dead: 2 })
        expect(yield* store.replay(again)).toBe("done")
        expect(yield* store.replay(again)).toBe("gone")
        expect(yield* store.discard(id("a"))).toBe(false)
        expect(yield* line(store)).toEqual({ matched: 2, dead: 1, replayed: 1, waiting: 1 })
        const one = yield* claimOne(store)
        expect([one.id, one.rule, one.attempt, one.target]).toEqual([
          id("a"),
          "r",
          1,
          target("https://b.example")
        ])
        expect(textIn(one.content)).toBe("edited")
        yield* settle(store, settlement(one, delivered))
        expect(yield* store.discard(id("b"))).toBe(true)
        expect(yield* store.discard(id("b"))).toBe(false)
        expect(yield* line(store)).toEqual({ matched: 2, delivered: 1, discarded: 1, replayed: 1 })
      })
  )

  check("targets are listed with those used last first, at most so many", (store) =>
    Effect.gen(function* () {
      for (let i = 0; i < 5; i += 1)
        yield* store.add([delivery(`d${i}`, { target: target(`https://${i}.example`) })])
      expect(yield* store.targets(3)).toHaveLength(3)
      expect(yield* store.targets(100)).toHaveLength(5)
    })
  )

  check("rules of the API, with the number of their last change", (store) =>
    Effect.gen(function* () {
      expect(yield* store.rulesVersion).toBe(0)
      expect(yield* store.putRule({ name: "b", text: '{"ü":1}' })).toBe("created")
      expect(yield* store.putRule({ name: "a", text: "{}" })).toBe("created")
      expect(yield* store.putRule({ name: "a", text: "[]" })).toBe("replaced")
      const rules = [
        { name: "a", text: "[]" },
        { name: "b", text: '{"ü":1}' }
      ]
      expect(yield* store.rules).toEqual({ version: 3, rules })
      expect(yield* store.removeRule("c")).toBe(false)
      expect([yield* store.rulesVersion, (yield* store.rules).version]).toEqual([3, 3])
      expect(yield* store.removeRule("a")).toBe(true)
      expect(yield* store.rules).toEqual({ version: 4, rules: rules.slice(1) })
    })
  )
}
