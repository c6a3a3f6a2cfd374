/** The examples of the reference of rules are valid, and its tables name what the code has. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseCondition } from "../../../actors/rules/condition.ts"
import { allSuppressionReasons } from "../../../actors/rules/deliveries.ts"
import { readRules } from "../../../actors/rules/read-rules.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"
import { Call, Rule } from "../../../contracts/reactions/rule.ts"

const text = readFileSync(join(import.meta.dirname, "../../../actors/rules/README.md"), "utf8")
const renderer = makeRenderer({ vars: {}, secrets: {} })
const blocks = Array.from(text.matchAll(/^```yaml\n([\s\S]*?)^```/gm), ([, block = ""]) => block)
const ruleWith = (rest: string): string =>
  `rules:\n  - name: one\n    when: {}\n${rest.replaceAll(/^(?=.)/gm, "    ")}`

test("the rules and steps that it shows", () => {
  const [file = "", steps = ""] = blocks
  expect(blocks).toHaveLength(2)
  expect(readRules(file, renderer).problems).toEqual([])
  expect(readRules(ruleWith(steps), renderer).problems).toEqual([])
})

test("the conditions and limits of its tables", () => {
  const conditions = Array.from(
    text.matchAll(/`((?:params|lists|meta)\.\S+ (?:[!=~<>]+ [^`]+|exists|missing))`/g),
    ([, one = ""]) => one.replaceAll("\\|", "|")
  )
  expect(conditions.length).toBeGreaterThanOrEqual(9)
  for (const one of conditions) expect(() => parseCondition(one)).not.toThrow()
  const often = Array.from(text.matchAll(/^\| `(each|\{ .* \})` \|/gm), ([, one = ""]) => one)
  expect(often).toHaveLength(4)
  for (const one of often)
    expect(readRules(ruleWith(`often: ${one}\ndo: { emit: { type: x } }\n`), renderer).problems).toEqual([])
})

test("every field of a rule and of a call, and every reason", () => {
  for (const name of Object.keys(Rule.fields)) expect(text).toContain(`| \`${name}\` |`)
  for (const name of Object.keys(Call.fields)) expect(text).toContain(`\`${name}\``)
  for (const reason of allSuppressionReasons) expect(text).toContain(`\`${reason}\``)
})
