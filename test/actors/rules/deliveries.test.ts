/** A match as a delivery: its id, target, gates and content, and the matches that are suppressed. */
import { describe, expect, test } from "bun:test"
import { deliveryOf, isSuppression } from "../../../actors/rules/deliveries.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"
import { compileRules } from "../../../actors/rules/rule-set.ts"
import type { NewDelivery, Suppression } from "../../../bridge/reaction-store/service.ts"
import { decodeContent } from "../../../contracts/reactions/delivery-content.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { emittedMeta, recordOf, ruleOf, topic } from "./events.ts"

const renderer = makeRenderer({ vars: { SHOP: "https://shop.example" }, secrets: {} })
const time = 1_700_000_000_000
const id = "0123456789abcdef0123456789abcdef-0"

const made = (rest: Partial<Rule>, params = "e", more = {}): NewDelivery | Suppression => {
  const [match] = compileRules([ruleOf("one", rest)], renderer).match(recordOf("bud", params), topic)
  if (match === undefined) throw new Error("no match")
  return deliveryOf(match, renderer, { now: time + 5_000, deliverForMs: 86_400_000, ...more })
}

const delivery = (...given: Parameters<typeof made>): NewDelivery => {
  const one = made(...given)
  if (isSuppression(one)) throw new Error(`suppressed: ${one.reason}`)
  return one
}

const reason = (...given: Parameters<typeof made>): string => {
  const one = made(...given)
  return isSuppression(one) ? one.reason : "none"
}

test("a delivery with everything that its call needs later", () => {
  const call = { url: "{{ vars.SHOP }}/{{ params.a }}" }
  const one = delivery({ do: { call }, limits: { perSecond: 2 }, for: "1h" }, "a=1", {
    traceparent: "00-1-2-01"
  })
  expect(one).toMatchObject({
    ...{ id: `${id}.one`, rule: "one", target: "https://shop.example", gates: [] },
    limits: { concurrency: undefined, perSecond: 2 },
    ...{ due: time + 5_000, expires: time + 5_000 + 3_600_000 }
  })
  expect(decodeContent(one.content)).toMatchObject({
    ...{ v: 1, at: 0, answers: {}, traceparent: "00-1-2-01", steps: [{ call }] },
    event: { id, type: "bud", topic: "events", time, params: { a: "1" }, lists: { a: ["1"] }, hops: 0 }
  })
  expect(delivery({ for: "30d" }).expires).toBe(time + 5_000 + 86_400_000)
})

test("the content does not change when it is stored, whatever the event contains", () => {
  const params = "a=%00%FF%F0%9F%98%80&__proto__=x&b[]=1&b[]=2&%3Cscript%3E=%22"
  const { event } = decodeContent(delivery({}, params).content)
  const [match] = compileRules([ruleOf("one")], renderer).match(recordOf("bud", params), topic)
  const { ["__proto__"]: _own, ...others } = match?.event.params ?? {}
  expect(event.params).toMatchObject(others)
  expect(event.lists.b).toEqual(["1", "2"])
})

describe("the first step", () => {
  test("is the first whose if holds", () => {
    const steps = [{ if: "{{ params.a }}", call: { url: "https://a.example" } }, { emit: { type: "x" } }]
    expect(delivery({ do: steps }, "a=1").target).toBe("https://a.example" as never)
    const second = delivery({ do: steps })
    expect(second.target).toBe("queue" as never)
    expect(decodeContent(second.content).at).toBe(1)
    expect(reason({ do: { if: "{{ params.a }}", emit: { type: "x" } } })).toBe("not wanted")
  })
  test("without a valid URL, or with a failing if, is left to the deliverer as one without target", () => {
    expect(delivery({ do: { call: { url: "{{ params.none }}" } } }).target).toBe("none" as never)
    const failing = {
      if: "{{ params.a | date: params.b | divided_by: nil | at_least: 'x' | where_exp: 1 }}",
      emit: { type: "x" }
    }
    expect(delivery({ do: failing }, "a=1").target).toBe("none" as never)
  })
})

describe("gates", () => {
  test("once for each key per window, by the time of the log", () => {
    const often = { once: "{{ params.d }}", within: "10m" }
    expect(delivery({ often }, "d=1").gates).toEqual([
      { kind: "once", key: "one 1", at: time, until: time + 600_000 }
    ])
    expect(reason({ often })).toBe("no key")
    const [gate] = delivery({ often }, `d=${"x".repeat(5_000)}`).gates
    expect(gate?.key).toMatch(/^one [0-9a-f]{64}$/)
  })
  test("the first ever", () => {
    expect(delivery({ often: { first: "{{ params.d }}" } }, "d=1").gates).toEqual([
      { kind: "once", key: "one 1", at: time, until: Number.POSITIVE_INFINITY }
    ])
  })
  test("at most so many per interval", () => {
    expect(delivery({ often: { atMost: 3, per: "1m" } }).gates).toEqual([
      { kind: "rate", key: "one", window: time - (time % 60_000), max: 3, forMs: 120_000 }
    ])
    expect(delivery({ often: "each" }).gates).toEqual([])
  })
})

test("an event that five rules caused one after another is suppressed as a loop", () => {
  const looped = (params: string, meta = emittedMeta): string => {
    const [match] = compileRules([ruleOf("one")], renderer).match(recordOf("bud", params, { meta }), topic)
    if (match === undefined) throw new Error("The rule does not hold.")
    const one = deliveryOf(match, renderer, { now: time, deliverForMs: 1 })
    return isSuppression(one) ? one.reason : "none"
  }
  expect(looped("spoor_hops=4")).toBe("none")
  expect(looped("spoor_hops=5")).toBe("loop")
  expect(looped("spoor_hops=x")).toBe("none")
  // A client cannot keep its event from causing something.
  expect(looped("spoor_hops=5", emittedMeta.replace("deliverer", "gateway-1"))).toBe("none")
})
