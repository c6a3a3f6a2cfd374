/** The command `rules` as people run it: a file is checked, and its rules are tried on lines and on events of the log. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { denoProgram } from "../../support/deno.ts"
import { recordOf } from "../rules/events.ts"
import { command } from "./command.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-rules-"))
afterAll(() => rmSync(folder, { recursive: true }))
const data = join(folder, "data")
const settings = { DATA_DIR: data, RULES_VAR_SHOP: "https://shop.example", RULES_SECRET_KEY: "s3cret-key" }

const written = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const good = written(
  "good.yaml",
  `rules:
  - name: hello
    when: { type: bud, all: ["params.owner exists"] }
    do:
      call:
        url: "{{ vars.SHOP }}/{{ params.owner | url_encode }}"
        bearer: "{{ secrets.KEY }}"
        sign: none
  - name: off
    on: false
    when: { type: geo }
    do: { emit: { type: seen, params: { at: "{{ params.at }}", none: "{{ vars.NONE }}" } } }
`
)
const bad = written(
  "bad.yaml",
  "rules:\n  - { name: a, when: { all: [x] }, do: { emit: { type: x } } }\n  - { name: b, do: {} }\n"
)
const rules = (args: ReadonlyArray<string>, more = {}, runtime: "bun" | "deno" = "bun") =>
  command({ ...settings, ...more }, "rules", args, runtime)

const events = [
  recordOf("bud", "owner=anna", { id: `${"0190".padEnd(32, "a")}-0` }),
  recordOf("bud", "owner=b%20c", { id: `${"0190".padEnd(32, "a")}-1` }),
  recordOf("geo", "at=1", { id: `${"0190".padEnd(32, "a")}-2` }),
  recordOf("bud", "e", { id: `${"0190".padEnd(32, "a")}-3` })
]
beforeAll(() =>
  Effect.gen(function* () {
    const log = yield* makeSqlite(data)
    const topic = "events" as Topic
    yield* log.ensureTopics([topic])
    yield* log.append(
      events.map(({ value, headers }) => ({ topic, value, headers })),
      "a"
    )
  }).pipe(Effect.scoped, Effect.runPromise)
)

describe("check", () => {
  test("a valid file: 0, and what is not set is said", async () => {
    const { code, out, err } = await rules(["check", good])
    expect([code, out]).toEqual([0, `${good}: 2 rules, all valid; 1 turned off.\n`])
    expect(err).toBe("Not set here, and renders empty: RULES_VAR_NONE.\n")
  })
  test("an invalid one: 1, and a line for each problem with rule, field and line", async () => {
    const { code, out, err } = await rules(["check", bad])
    expect([code, out]).toEqual([1, ""])
    expect(err.trimEnd().split("\n")).toEqual([
      expect.stringContaining(`${bad}: line 2, rule "a", field when.all.0: The condition "x" does not begin`),
      `${bad}: line 3, rule "b", field when: It is missing.`
    ])
    const latin1 = join(folder, "latin1.yaml")
    writeFileSync(latin1, Buffer.from("rules: [] # gr\xfc\xdfe\n", "latin1"))
    const notUtf8 = await rules(["check", latin1])
    expect([notUtf8.code, notUtf8.out]).toEqual([1, ""])
    expect(notUtf8.err).toBe(`rules: ${latin1} cannot be read: it is not UTF-8.\n`)
    const missing = await rules(["check", join(folder, "none")])
    expect([missing.code, missing.out]).toEqual([1, ""])
    expect(missing.err).toContain("cannot be read")
  })
})

describe("try", () => {
  test("a line: the request with the secret masked, and why the other rule does not match", async () => {
    const { code, out } = await rules(["try", good, "--line", "bud?owner=a%2Fb"])
    expect(code).toBe(0)
    expect(out.split("\n")).toEqual([
      "hello  would be sent",
      "  1. GET https://shop.example/a%2Fb",
      "       authorization: Bearer •••",
      "off  not matched: the type is not geo",
      ""
    ])
    const whole = `1.2.3.4 ${Date.now()} host pod /t/geo at=7 agent`
    const other = await rules(["try", good, "--line", whole, "--rule", "off", "--json"])
    expect(JSON.parse(other.out)).toMatchObject({
      ...{ rule: "off", outcome: "sent", event: { topic: "events" } },
      steps: [{ kind: "emit", emit: { type: "seen", params: { at: "7", none: "" } } }]
    })
  })
  test("an event of the log by its id", async () => {
    const { code, out } = await rules(["try", good, "--event", `${"0190".padEnd(32, "a")}-1`])
    expect(code).toBe(0)
    expect(out).toContain("GET https://shop.example/b%20c")
    const none = await rules(["try", good, "--event", `${"0190".padEnd(32, "a")}-9`])
    expect(none.code).toBe(1)
    expect(none.err).toContain("The log has no event")
    const line = await rules(["try", good, "--line", "8.8.8.8 soon shop pod /t/buy a=1 agent"])
    expect([line.code, line.out]).toEqual([1, ""])
    expect(line.err).toContain("The line would become a dead letter of the drainer: time is not a number.")
  })
  test("all events since a time, at most as many as asked for, with the count of each rule", async () => {
    const { code, out } = await rules(["try", good, "--since", "1h", "--limit", "1"])
    expect(code).toBe(0)
    expect(out).toContain("GET https://shop.example/anna")
    expect(out).not.toContain("b%20c")
    expect(out).toContain("4 events read; matches of each rule; the first 1 of 2 matches are shown:")
    expect(out).toMatch(/^ {2}hello {2}2$/m)
    expect(out).toMatch(/^ {2}off {4}0$/m)
  })
  test("what VIEWER_MASK hides is matched and not shown", async () => {
    const { out } = await rules(["try", good, "--line", "bud?owner=anna"], { VIEWER_MASK: "owner" })
    expect(out).toContain("would be sent")
    expect(out).not.toContain("anna")
  })
  test("mistakes of the command line", async () => {
    for (const args of [[good], [good, "--line", "x", "--since", "1h"]]) {
      const { code, err } = await rules(["try", ...args])
      expect([code, err]).toEqual([64, "spoor: try needs one of --event, --line and --since\n"])
    }
    const unknown = await rules(["try", good, "--line", "x", "--rule", "y"])
    expect([unknown.code, unknown.err]).toEqual([
      1,
      `Not set here, and renders empty: RULES_VAR_NONE.\nrules: ${good} has no rule "y": it has hello, off.\n`
    ])
  })
  test.skipIf(denoProgram() === undefined)("on Deno too", async () => {
    const { code, out } = await rules(["try", good, "--line", "bud?owner=%C3%BC"], {}, "deno")
    expect([code, out.includes("GET https://shop.example/%C3%BC")]).toEqual([0, true])
  })
})
