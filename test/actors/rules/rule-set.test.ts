/** Which rules hold for which record, and that a record costs the same however many rules other types have. */
import { describe, expect, test } from "bun:test"
import { fieldsOf } from "../../../actors/rules/read-event.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"
import { compileRule, compileRules } from "../../../actors/rules/rule-set.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { When } from "../../../contracts/reactions/rule.ts"
import { emittedMeta, recordOf, ruleOf, topic } from "./events.ts"

const renderer = makeRenderer({ vars: {}, secrets: {} })
const adtekio = "bot_name&country=DE&device&device_name&ip=3405803783&klag=1&platform=linux&ts=1"

/** The names of the rules that hold, of rules with these conditions. */
const held = (whens: Readonly<Record<string, When>>, ...[type, params, more]: Parameters<typeof recordOf>) =>
  compileRules(
    Object.entries(whens).map(([name, when]) => ruleOf(name, { when })),
    renderer
  )
    .match(recordOf(type, params, more), topic)
    .map(({ rule }) => rule.name)

describe("which rules hold", () => {
  const whens = {
    any: {},
    bud: { type: "bud" },
    either: { type: ["geo", "bud"] },
    glob: { type: "b?d*" },
    other: { type: "geo" },
    topic: { topic: "ev*" },
    elsewhere: { topic: "clicks" },
    all: { type: "bud", all: ["params.a = 1", "params.b exists"] },
    some: { any: ["params.a = 2", "params.a = 1"] },
    nothing: { any: ["params.a = 2"] }
  }
  test("by type, glob, topic, all and any, in the order of the rules", () => {
    expect(held(whens, "bud", "a=1&b=2")).toEqual(["any", "bud", "either", "glob", "topic", "all", "some"])
    expect(held(whens, "bud", "a=1")).toEqual(["any", "bud", "either", "glob", "topic", "some"])
    expect(held(whens, "geo")).toEqual(["any", "either", "other", "topic"])
    expect(held(whens, "BUD")).toEqual(["any", "topic"])
  })
  test("types are compared decoded, and the last segment of the path in the other dialect", () => {
    const decoded = { one: { type: "café au" } }
    expect(held(decoded, "caf%C3%A9%20au")).toEqual(["one"])
    expect(
      held({ click: { type: "click", all: ["meta.ip = 203.0.113.7"] } }, "/t/click", "e", { meta: adtekio })
    ).toEqual(["click"])
  })
  test("a rule that is off, and a record that is no event, match nothing", () => {
    const off = compileRules([ruleOf("off", { on: false })], renderer)
    expect(off.match(recordOf("bud"), topic)).toEqual([])
    expect(off.isCandidate(recordOf("bud"))).toBe(false)
    expect(off.rules).toHaveLength(1)
    const on = compileRules([ruleOf("on")], renderer)
    const bad = { ...recordOf("bud"), value: Buffer.from("no event") }
    expect(on.match(bad, topic)).toEqual([])
    expect(on.match({ ...bad, value: Buffer.from("") }, topic)).toEqual([])
  })
  test("a record with its text gives the same as one with its bytes", () => {
    const set = compileRules([ruleOf("bud", { when: { type: "bud" } })], renderer)
    const record = recordOf("bud", "a=1")
    const text = Buffer.from(record.value).toString("latin1") as never
    expect(set.match({ ...record, text }, topic)).toEqual(set.match(record, topic))
    expect(set.match({ ...record, text }, topic)).toHaveLength(1)
  })
  test("the event of a match: first values, lists, meta, time, hops", () => {
    const set = compileRules([ruleOf("any")], renderer)
    const [match] = set.match(recordOf("bud", "a=1&a=2&m[]=x&m[1]=y&spoor_hops=2&__proto__=z"), topic)
    expect(match?.event).toMatchObject({
      ...{ id: "0123456789abcdef0123456789abcdef-0", type: "bud", topic: "events", time: 1_700_000_000_000 },
      params: { a: "1", "m[]": "x", "m[1]": "y", spoor_hops: "2" },
      lists: { a: ["1", "2"], m: ["x", "y"], "m[]": ["x"], "m[1]": ["y"] },
      ...{ hops: 0 }
    })
    const [emitted] = set.match(recordOf("bud", "spoor_hops=2", { meta: emittedMeta }), topic)
    expect(emitted?.event.hops).toBe(2)
    expect(Object.hasOwn(match?.event.params ?? {}, "__proto__")).toBe(true)
    expect(match?.event.meta.ip).toBe("203.0.113.7")
    expect(match?.event.meta.city).toBeUndefined()
    expect(set.match(recordOf("bud", "e", { id: "" }), topic, "given")[0]?.event.id).toBe("given")
  })
})

test("why a rule does not hold is said in its words", () => {
  const rule = ruleOf("one", {
    when: { type: ["a", "b*"], topic: "events", all: ["params.x = 1"], any: ["params.y exists"] }
  })
  const why = (type: string, params: string, at = topic) => {
    const fields = fieldsOf(recordOf(type, params), at)
    return fields === undefined ? "no event" : compileRule(rule).whyNot(fields)
  }
  expect(why("c", "x=1&y=1")).toBe("the type is not a or b*")
  expect(why("b1", "x=1&y=1", "clicks" as Topic)).toBe("the topic is not events")
  expect(why("a", "x=2&y=1")).toBe('the condition "params.x = 1" does not hold')
  expect(why("a", "x=1")).toBe("no condition of when.any holds")
  expect(why("a", "x=1&y=1")).toBeUndefined()
})

describe("problems name rule and field", () => {
  const problem = (...rules: Parameters<typeof compileRules>[0]): string => {
    try {
      compileRules(rules, renderer)
      return "none"
    } catch (error) {
      return (error as { sentence: string }).sentence
    }
  }
  test("conditions, names", () => {
    expect(problem(ruleOf("one", { when: { all: ["params.a = 1", "a"] } }))).toStartWith(
      'rule "one", field when.all.1: The condition "a" does not begin with a field'
    )
    expect(problem(ruleOf("one"), ruleOf("one"))).toStartWith('rule "one", field name: Another rule')
    expect(problem(ruleOf("one"), ruleOf("two"))).toBe("none")
  })
})

test("no rule of another type is asked: a record costs one look-up, however many rules there are", () => {
  let asked = 0
  const many = Array.from({ length: 1_000 }, (_, i) =>
    ruleOf(`rule-${i}`, { when: { type: `type-${i}`, all: ["params.a = 1"] } })
  )
  const set = compileRules(many, renderer)
  const value = new Proxy(Buffer.from("type-7 type=x&ip=1 a=1"), {
    get: (target, name) => {
      asked += 1
      const found = Reflect.get(target, name, target) as unknown
      return typeof found === "function" ? found.bind(target) : found
    }
  })
  const record = { ...recordOf("x"), value }
  expect(set.match(record, topic).map(({ rule }) => rule.name)).toEqual(["rule-7"])
  const first = asked
  const none = { ...record, value: Buffer.from("other type=x&ip=1 a=1") }
  expect(set.isCandidate(none)).toBe(false)
  expect(set.match(none, topic)).toEqual([])
  expect(first).toBeLessThan(30)
})

test("types that clients make up do not fill the memory, and are answered the same again", () => {
  const set = compileRules([ruleOf("glob", { when: { type: "a*" } })], renderer)
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 12_000; i++)
      expect(set.isCandidate(recordOf(`${i % 2 === 0 ? "a" : "b"}${i}`))).toBe(i % 2 === 0)
})
