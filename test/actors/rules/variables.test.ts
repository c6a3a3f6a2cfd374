/** What rules can read of the environment, and nothing else. */
import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { readRuleVariables } from "../../../actors/rules/variables.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-variables-"))
afterAll(() => rmSync(folder, { recursive: true }))

test("variables and secrets by name; a secret of a file as it is now", async () => {
  const file = join(folder, "key")
  writeFileSync(file, "first\n")
  const environment = {
    ...{
      RULES: "rules.yaml",
      PATH: "/bin",
      KAFKA_PASSWORD: "no",
      RULES_VAR_EMPTY: "",
      RULES_VAR_SHOP: "https://a"
    },
    ...{
      RULES_SECRET_A: "a",
      RULES_SECRET_KEY_FILE: file,
      RULES_SECRET_B: "b",
      RULES_SECRET_B_FILE: "/nowhere"
    }
  }
  expect(await Effect.runPromise(readRuleVariables(environment))).toEqual({
    vars: { SHOP: "https://a" },
    secrets: { A: "a", KEY: "first", B: "b" }
  })
  writeFileSync(file, "second\n")
  expect((await Effect.runPromise(readRuleVariables(environment))).secrets.KEY).toBe("second")
})

test("a file that cannot be read is named, with its variable", async () => {
  const failure = await Effect.runPromise(Effect.flip(readRuleVariables({ RULES_SECRET_A_FILE: "/nowhere" })))
  expect(failure.reason).toBe("misconfigured")
  expect(failure.message).toBe('RULES_SECRET_A_FILE names "/nowhere", which cannot be read.')
})
