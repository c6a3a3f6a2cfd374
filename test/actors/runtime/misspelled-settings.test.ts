/** Misspelled settings are found with the setting that was meant, and variables of other programs are not. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { misspelledSettings, wrongLetters } from "../../../actors/runtime/misspelled-settings.ts"
import { settingNames as names } from "../../../actors/runtime/setting-names.ts"
import { root } from "../../../deploy/documents.ts"
import { settingNames } from "../../../deploy/generate-readme-settings.ts"
import { settingNamesFile } from "../../../deploy/setting-names.ts"

const meant: ReadonlyArray<readonly [variable: string, setting: string]> = [
  ["RATE_LIMIT_PER_ADRESS", "RATE_LIMIT_PER_ADDRESS"],
  ["RATE_LIMITS_PER_ADDRESS", "RATE_LIMIT_PER_ADDRESS"],
  ["RATE_LIMIT_ADDRESS_PER", "RATE_LIMIT_PER_ADDRESS"],
  ["ADDRESS_RATE_LIMIT_PER", "RATE_LIMIT_PER_ADDRESS"],
  ["KAFKA_BROKER", "KAFKA_BROKERS"],
  ["KAFAK_BROKERS", "KAFKA_BROKERS"],
  ["REDIS_URI", "REDIS_URL"],
  ["REDISURL", "REDIS_URL"],
  ["redis_url", "REDIS_URL"],
  ["REDIS-URL", "REDIS_URL"],
  ["SPOOR_REDIS_URL", "REDIS_URL"],
  ["MAX_PER_ADDRESS", "GATEWAY_MAX_PER_ADDRESS"],
  ["WRITE_KEY", "WRITE_KEYS"],
  ["WRITE_KEY_FILE", "WRITE_KEYS_FILE"],
  ["WRITE_KEYS_FILES", "WRITE_KEYS_FILE"],
  ["KAFKA_PASSWORT_FILE", "KAFKA_PASSWORD_FILE"],
  ["LOGLEVEL", "LOG_LEVEL"],
  ["TLS_CERTS", "TLS_CERT"],
  ["GATEWAY_MAX_CONECTIONS", "GATEWAY_MAX_CONNECTIONS"]
]

describe("a misspelled setting", () => {
  for (const [variable, setting] of meant)
    test(`${variable}: ${setting}`, () => {
      expect(misspelledSettings({ [variable]: "5" })).toEqual([{ variable, meant: setting }])
    })

  test("of a family, whose names the users choose, is found by its beginning", () => {
    const more = [{ name: "RULES_VAR_*" }, { name: "RULES_SECRET_*" }]
    for (const [variable, setting] of [
      ["RULE_SECRET_KEY", "RULES_SECRET_KEY"],
      ["RULES_SECRETS_KEY", "RULES_SECRET_KEY"],
      ["RULES_SECERT_KEY_FILE", "RULES_SECRET_KEY_FILE"],
      ["rules_secret_KEY", "RULES_SECRET_KEY"],
      ["RULES_VARS_SHOP", "RULES_VAR_SHOP"],
      ["RULE_VAR_SHOP", "RULES_VAR_SHOP"]
    ] as const)
      expect(misspelledSettings({ [variable]: "x" }, more)).toEqual([{ variable, meant: setting }])
    const right = {
      RULES_SECRET_KEY: "x",
      RULES_SECRET_KEY_FILE: "x",
      RULES_VAR_LOG_LEVEL: "x",
      RULES_VAR_X: "x"
    }
    expect(misspelledSettings(right, more)).toEqual([])
    expect(misspelledSettings({ RULE_SECRET_KEY: "x", RULES_SECRET_KEY: "x" }, more)).toEqual([])
    expect(misspelledSettings({ RULES_FOR_X: "x", MY_SECRET_KEY: "x", RULES_SECRET: "" }, more)).toEqual([])
  })

  test("with one letter less, for every setting, means one that differs by one letter", () => {
    // Variables that begin with OTEL_ are also those of other programs: none counts as misspelled.
    const own = names.filter((name) => name.length > 8 && !name.startsWith("OTEL_"))
    for (const name of own) {
      const variable = name.slice(0, -2) + name.slice(-1)
      if (names.includes(variable)) continue
      const setting = misspelledSettings({ [variable]: "5" })[0]?.meant ?? ""
      expect(names).toContain(setting)
      expect(wrongLetters(variable, setting)).toBe(1)
    }
  })
})

describe("no misspelling", () => {
  test("is a setting of any actor or command, or its file", () => {
    const variables = names.flatMap((name) => [name, `${name}_FILE`])
    expect(misspelledSettings(Object.fromEntries(variables.map((name) => [name, "x"])))).toEqual([])
    expect(variables).toContain("VIEWER_URL_FILE")
  })

  test("is an empty variable, or one beside the setting that it resembles", () => {
    expect(misspelledSettings({ REDIS_URI: "" })).toEqual([])
    expect(misspelledSettings({ REDIS_URI: "redis://a", REDIS_URL: "redis://a" })).toEqual([])
  })

  for (const file of ["kubernetes-pod", "github-actions", "npm", "compose"])
    test(`is in the environment of ${file}`, () => {
      const path = join(import.meta.dirname, "environments", `${file}.env`)
      const lines = readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => /^\w/.test(line))
      expect(lines.length).toBeGreaterThan(20)
      const variables = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])
      )
      expect(misspelledSettings(variables)).toEqual([])
    })
})

test("letters are counted as people mistype them", () => {
  expect(wrongLetters("ADRESS", "ADDRESS")).toBe(1)
  expect(wrongLetters("KAFAK", "KAFKA")).toBe(1)
  expect(wrongLetters("PORT", "HOST")).toBe(2)
  expect(wrongLetters("", "ABC")).toBe(3)
})

test("the list of settings is that of the code (bun deploy/generate-readme-settings.ts)", () => {
  expect(readFileSync(join(root, settingNamesFile), "utf8")).toBe(settingNames)
})
