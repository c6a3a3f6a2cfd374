/** The published schema of rules files: it accepts the rules that ship, and refuses what the check refuses for its form. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import Ajv from "ajv/dist/2020"
import { parseYaml } from "../../actors/rules/yaml.ts"
import { answerContract } from "../../actors/runtime/contract-files.ts"
import { pretty } from "../../deploy/contracts/json.ts"
import { rulesSchema } from "../../deploy/contracts/rules-schema.ts"
import { root } from "../../deploy/documents.ts"

const isValid = new Ajv({ strict: false, validateFormats: false }).compile(rulesSchema())
const rule = (rest: object) => ({
  rules: [{ name: "one", when: { type: "a" }, do: { emit: { type: "x" } }, ...rest }]
})

describe("the schema of rules", () => {
  const folder = join(root, "deploy", "rules")
  const shipped = readdirSync(folder).filter((name) => name.endsWith(".yaml"))
  test("accepts the rules that ship", () => {
    expect(shipped.length).toBeGreaterThan(0)
    for (const name of shipped) {
      const { value } = parseYaml(readFileSync(join(folder, name), "utf8"))
      expect({ name, isValid: isValid(value), errors: isValid.errors }).toMatchObject({ isValid: true })
    }
  })
  test("accepts each form, and refuses misspelled fields and wrong types", () => {
    const call = { url: "https://a.example", report: { type: "x", params: { a: "b" } }, body: { a: [1] } }
    expect(isValid(rule({ do: [{ call }, { if: "x", notify: { device: "d" } }] }))).toBe(true)
    expect(isValid(rule({ often: { once: "x", within: "10m" }, for: "2h" }))).toBe(true)
    for (const wrong of [
      { ofen: "each" },
      { often: "sometimes" },
      { often: { once: "x" } },
      { name: "One Two" },
      { do: { call: { methd: "GET", url: "x" } } },
      { do: { call: { ...call, report: { typ: "x" } } } },
      { do: [] },
      { for: "soon" },
      { when: { all: "params.a exists" } }
    ])
      expect({ wrong, isValid: isValid(rule(wrong)) }).toEqual({ wrong, isValid: false })
  })
  test("is published as it is, below /contracts", async () => {
    const answer = answerContract(new Request("http://localhost/contracts/rules.json"))
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/schema+json"])
    expect(await answer.text()).toBe(pretty(rulesSchema()))
  })
})
