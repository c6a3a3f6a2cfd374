/** Every file of deploy/rules/ passes `rules check`, and what it prints first are the settings that it needs. */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { namedVariables } from "../../../actors/rules/check-rule.ts"
import { readRules } from "../../../actors/rules/read-rules.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"
import { shippedText } from "./shipped-rules.ts"

const root = join(import.meta.dirname, "..", "..", "..")
const files = readdirSync(join(root, "deploy", "rules")).filter((name) => name.endsWith(".yaml"))

test("there are rules that ship", () => {
  expect(files).toEqual(
    expect.arrayContaining(["chat-bot.yaml", "geo-names.yaml", "postbacks.yaml", "storage.yaml"])
  )
})

describe("rules check", () => {
  for (const name of files)
    test(`${name} is valid, and its head names every variable and secret that its rules read`, () => {
      const args = ["actors/commands/rules.ts", "check", join("deploy", "rules", name)]
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
      expect([status, stderr]).toEqual([0, expect.not.stringContaining("rror")])
      expect(stdout).toContain(name)
      const text = shippedText(name.replace(".yaml", ""))
      const { rules, problems } = readRules(text, makeRenderer({ vars: {}, secrets: {} }))
      expect(problems).toEqual([])
      const [head = ""] = text.split("\nrules:")
      expect([...namedVariables(rules)].filter((variable) => !head.includes(variable))).toEqual([])
    }, 30_000)
})
