/** Rules in use while the file, the file of a secret and the rules of the API change. */
import { expect, test } from "bun:test"
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type LiveRules, makeLiveRules, type Reloaded } from "../../../actors/rules/live-rules.ts"
import type { StoredRule } from "../../../bridge/reaction-store/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"

const text = (...names: ReadonlyArray<string>): string =>
  JSON.stringify({ rules: names.map((name) => ({ name, when: {}, do: { emit: { type: "x" } } })) })
const stored = (name: string): StoredRule => ({
  name,
  text: JSON.stringify({ name, when: {}, do: { emit: { type: "x" } } })
})

/** Rules in a folder of their own, and what was reported. */
const withRules = (
  first: string,
  body: (parts: {
    readonly live: LiveRules
    readonly folder: string
    readonly path: string
    readonly reported: Array<Reloaded>
    readonly setStored: (version: number, ...rules: ReadonlyArray<StoredRule>) => void
    readonly names: () => ReadonlyArray<string>
  }) => Promise<void>
) =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "spoor-live-rules-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
    const path = join(folder, "rules.yaml")
    writeFileSync(path, first)
    writeFileSync(join(folder, "key"), "first-secret")
    const reported: Array<Reloaded> = []
    let inStore: { version: number; rules: ReadonlyArray<StoredRule> } | undefined
    const away = new Failure({ reason: "unavailable", message: "away" })
    const asked = Effect.suspend(() => (inStore === undefined ? Effect.fail(away) : Effect.succeed(inStore)))
    const live = yield* makeLiveRules({
      path,
      environment: { RULES_SECRET_KEY_FILE: join(folder, "key") },
      store: { rules: asked, rulesVersion: Effect.map(asked, ({ version }) => version) },
      report: (one) => Effect.sync(() => void reported.push(one))
    })
    yield* Effect.promise(() =>
      body({
        ...{ live, folder, path, reported },
        setStored: (version, ...rules) => {
          inStore = { version, rules }
        },
        names: () => live.current().set.rules.map(({ name }) => name)
      })
    )
  }).pipe(Effect.scoped, Effect.runPromise)

test(
  "a changed file is read; a bad one keeps the old rules, says why once, and is forgotten when it is good again",
  () =>
    withRules(text("one"), async ({ live, path, reported, names }) => {
      expect(names()).toEqual(["one"])
      writeFileSync(path, text("one", "two"))
      await eventually("the new rules are in use", () => names().length === 2)
      writeFileSync(path, "rules: [")
      await eventually("the problem is known", () => live.problem() !== undefined)
      expect(live.problem()?.sentence).toContain("line 1: Invalid YAML")
      expect(names()).toEqual(["one", "two"])
      await Effect.runPromise(Effect.flip(live.reload))
      expect(reported.filter(({ problems }) => problems.length > 0)).toHaveLength(1)
      rmSync(path)
      await eventually(
        "the file is missing",
        () => live.problem()?.sentence.includes("cannot be read") === true
      )
      expect(names()).toEqual(["one", "two"])
      writeFileSync(path, text("one", "two"))
      await eventually("the problem is over", () => live.problem() === undefined)
      expect(reported.at(-1)?.problems).toEqual([])
    }),
  30_000
)

test(
  "a file that another one replaces by rename or as a symbolic link, and the file of a secret",
  () =>
    withRules(text("one"), async ({ live, folder, path, names }) => {
      writeFileSync(join(folder, "next"), text("two"))
      renameSync(join(folder, "next"), path)
      await eventually("the renamed file is in use", () => names()[0] === "two")
      writeFileSync(join(folder, "third"), text("three"))
      symlinkSync(join(folder, "third"), join(folder, "link"))
      renameSync(join(folder, "link"), path)
      await eventually("the linked file is in use", () => names()[0] === "three")
      const reveal = () => live.current().renderer.reveal("\uE000:KEY\uE001")
      expect(reveal()).toBe("first-secret")
      writeFileSync(join(folder, "key"), "second-secret")
      await eventually("the new secret is in use", () => reveal() === "second-secret")
    }),
  30_000
)

test("SIGHUP: reads at once, says whether something has changed, and fails with why not", () =>
  withRules(text("one"), async ({ live, path, names }) => {
    expect(await Effect.runPromise(live.reload)).toBe(false)
    writeFileSync(path, text("two"))
    expect(await Effect.runPromise(live.reload)).toBe(true)
    expect(names()).toEqual(["two"])
    writeFileSync(path, "rules: 1")
    const failure = await Effect.runPromise(Effect.flip(live.reload))
    expect([failure.reason, failure.message]).toEqual([
      "misconfigured",
      `RULES names "${path}": line 1: The field rules must be a list.`
    ])
  }))

test(
  "rules of the API are known only when the store has answered; one with a name of the file is left out",
  () =>
    withRules(text("one"), async ({ live, setStored, names }) => {
      let areKnown = false
      const known = Effect.runPromise(live.areKnown).then(() => {
        areKnown = true
      })
      expect(areKnown).toBe(false)
      setStored(1, stored("api"), stored("one"), { name: "bad", text: "{}" })
      await known
      expect(names()).toEqual(["one", "api"])
      expect(live.current().apiProblems).toEqual([
        expect.stringContaining("It is missing"),
        'rule "one": The rules file has a rule of this name, which is used: remove one of them.'
      ])
      setStored(2)
      await eventually("the rule is gone", () => names().length === 1)
    }),
  30_000
)

test("a bad file ends the start with one sentence", async () => {
  const failed = withRules('{"rules": [{"name": "x", "when": {"type": 1}, "do": {}}]}', () =>
    Promise.resolve()
  )
  await expect(failed).rejects.toThrow(
    /RULES names ".*rules.yaml": line 1, rule "x", field when.type: It must be/
  )
})
