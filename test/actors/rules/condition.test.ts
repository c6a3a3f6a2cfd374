/** Conditions: what holds for which event, what is refused, and that no text makes the parser or a predicate crash. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { parseCondition } from "../../../actors/rules/condition.ts"
import { fieldsOf } from "../../../actors/rules/read-event.ts"
import { recordOf, topic } from "./events.ts"

const holds = (condition: string, params: string, type = "bud"): boolean => {
  const fields = fieldsOf(recordOf(type, params), topic)
  if (fields === undefined) throw new Error("no event")
  return parseCondition(condition)(fields)
}

describe("what holds", () => {
  const query =
    "owner=anna&action=create&n=10&empty=&t=%2Fa&mbers[]=bot-1&mbers[]=x&tag=a&tag=b&words=Two+words"
  const cases: ReadonlyArray<readonly [condition: string, holds: boolean]> = [
    ["params.owner exists", true],
    ["params.empty exists", false],
    ["params.none exists", false],
    ["params.owner missing", false],
    ["params.empty missing", true],
    ["params.owner = anna", true],
    ["params.owner = Anna", false],
    ['params.owner = "anna"', true],
    ['params.empty = ""', true],
    ['params.none = ""', false],
    ["params.owner != anna", false],
    ["params.none != anna", true],
    ["params.action = [create, update]", true],
    ["params.action = [delete, search]", false],
    ["params.action != [delete, search]", true],
    ['params.words = ["a, b", "Two words"]', true],
    ["params.words = Two words", true],
    ["params.owner ~ NN", true],
    ["params.owner !~ NN", false],
    ["params.none !~ NN", true],
    ["params.owner ~ /^a.*a$/", true],
    ["params.owner ~ /^A/", false],
    ["params.owner ~ /^A/i", true],
    ["params.owner !~ /^b/", true],
    ["params.n > 9", true],
    ["params.n >= 10", true],
    ["params.n < 10", false],
    ["params.n <= 10", true],
    ["params.owner > 1", false],
    ["params.empty < 1", false],
    ["params.none < 1", false],
    ["params.t = /a", true],
    ["params.mbers[] = bot-1", true],
    ["params.mbers missing", true],
    ["lists.mbers ~ bot-", true],
    ["lists.mbers = x", true],
    ["lists.mbers[] = x", true],
    ["lists.mbers != x", false],
    ["lists.tag = b", true],
    ["params.tag = b", false],
    ["lists.none missing", true],
    ["meta.country = DE", true],
    ["meta.city missing", true],
    ["meta.ip = 203.0.113.7", true],
    ["type = bud", true],
    ["type ~ ud", true],
    ["topic = events", true],
    ["id ~ 0123", true],
    ['params."words" ~ two', true]
  ]
  for (const [condition, expected] of cases) {
    test(`${condition}: ${expected}`, () => expect(holds(condition, query)).toBe(expected))
  }

  test("a long value is cut for a regular expression only", () => {
    const long = `${"a".repeat(1_500)}z`
    expect(holds("params.x ~ z", `x=${long}`)).toBe(true)
    expect(holds("params.x ~ /z/", `x=${long}`)).toBe(false)
  })
})

describe("what is refused, with a sentence", () => {
  const refused: ReadonlyArray<readonly [condition: string, sentence: RegExp]> = [
    ["owner = x", /does not begin with a field/],
    ["params. = x", /does not begin with a field/],
    ["params.owner", /no valid operator/],
    ["params.owner is x", /no valid operator/],
    ["params.owner == x", /no valid operator/],
    ["params.owner =", /A value is missing/],
    ["params.owner exists x", /Nothing may follow exists/],
    ["params.n > many", /needs a number/],
    ["params.a = [x", /list .* invalid/],
    ["params.a = []", /list .* invalid/],
    ["params.a = [x,]", /list .* invalid/],
    ["params.a ~ /(/", /regular expression .* invalid/],
    ["params.a ~ /a/g", /may have the flag i/],
    ["params.a ~ /(a+)+$/", /repeats a group/],
    ["params.a ~ /((a|b)*c*){2,}/", /repeats a group/]
  ]
  for (const [condition, sentence] of refused) {
    test(condition, () => expect(() => parseCondition(condition)).toThrow(sentence))
  }
  test("usual expressions are not refused", () => {
    for (const pattern of ["^a+b*$", "(abc)+", "(a|b){2,}", "[+*]+", "\\(a+\\)+x", "(a+)?", "(a{2}b)+"])
      expect(parseCondition(`params.a ~ /${pattern}/`)).toBeFunction()
  })
})

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/)

describe("for any text", () => {
  test("the parser returns a predicate or throws an Error, and the predicate never throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (condition, value) => {
        const fields = fieldsOf(recordOf("bud", `a=${encodeURIComponent(value.toWellFormed())}`), topic)
        let parsed: ReturnType<typeof parseCondition>
        try {
          parsed = parseCondition(condition)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          return
        }
        if (fields !== undefined) expect(parsed(fields)).toBeBoolean()
      })
    )
  })

  test("a quoted value is compared as it is, and != is the opposite of =", () => {
    fc.assert(
      fc.property(word, fc.string(), fc.string(), (name, value, other) => {
        const [given, asked] = [value.toWellFormed(), other.toWellFormed()]
        const params = `${name}=${encodeURIComponent(given)}`
        const text = JSON.stringify(asked)
        expect(holds(`params.${name} = ${text}`, params)).toBe(given === asked)
        expect(holds(`params.${name} != ${text}`, params)).toBe(given !== asked)
        expect(holds(`params.${name} = [x, ${text}]`, params)).toBe(given === asked || given === "x")
      })
    )
  })
})
