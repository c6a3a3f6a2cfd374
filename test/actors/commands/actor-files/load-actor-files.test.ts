/** `actor ./file.ts`: the file's actors run beside Spoor's, or one sentence says what is wrong with it and ends the start. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { otherCopySentence } from "../../../../actors/commands/actor-files/same-effect.ts"
import packageJson from "../../../../package.json" with { type: "json" }
import { eventually } from "../../../support/eventually.ts"
import { ownSettings, startSpoor } from "../../../support/spoor.ts"
import { command, type Runtime } from "../command.ts"

const root = join(import.meta.dirname, "..", "..", "..", "..")
mkdirSync(join(root, ".cache"), { recursive: true })
/** Inside this tree, where `spoor/actor` and `effect` are found. */
const folder = mkdtempSync(join(root, ".cache", "actor-files-"))
const outside = mkdtempSync(join(tmpdir(), "spoor-actor-files-"))
afterAll(() => {
  for (const one of [folder, outside]) rmSync(one, { recursive: true })
})

const file = (name: string, text: string, place = folder): string => {
  writeFileSync(join(place, name), text)
  return join(place, name)
}

const counterText = (name: string): string => `
import { Effect } from "effect"
import { Actor, eventLog, records } from "spoor/actor"
export const One = Actor.make(
  "${name}",
  { summary: "Counts.", receives: records("${name}", "oldest"), sends: "nothing", requires: [eventLog] },
  Effect.succeed(() => Effect.void)
)
`

const counterFile = file("browser-counter.ts", counterText("browser-counter"))

/** The exit code and the one line of standard error. */
const refusal = async (args: ReadonlyArray<string>, runtime: Runtime = "bun") => {
  const { code, err } = await command(ownSettings(), "actor", args, runtime)
  expect(err.trimEnd().split("\n")).toHaveLength(1)
  return [code, err.trimEnd()] as const
}

describe("a file that cannot be used ends the start", () => {
  for (const runtime of ["bun", "deno"] as const) {
    test(`${runtime}: it does not exist, compile, load, or export an actor`, async () => {
      const missing = join(folder, "missing.ts")
      expect(await refusal([missing], runtime)).toEqual([
        64,
        `spoor: there is no file ${missing}: write the path of a file that exports actors`
      ])
      const broken = file("broken.ts", "export const x = {{")
      const [code, sentence] = await refusal([broken], runtime)
      expect([code, sentence]).toEqual([
        78,
        expect.stringMatching(/broken\.ts does not compile: .* tsc --noEmit/)
      ])
      const lost = file("lost.ts", 'import "./nowhere.ts"\nexport {}')
      expect((await refusal([lost], runtime))[1]).toMatch(
        /lost\.ts cannot be loaded: .*nowhere\.ts.* Correct the path/
      )
      const throwing = file("throwing.ts", 'throw new Error("no key")\nexport {}')
      expect(await refusal([throwing], runtime)).toEqual([
        78,
        `spoor: ${throwing} throws while it is loaded: no key. Correct it, or move that work into what the actor builds`
      ])
      const empty = file("empty.ts", "export const answer = 42")
      expect(await refusal([empty], runtime)).toEqual([
        78,
        `spoor: ${empty} exports no actor: export what Actor.make or counter returns`
      ])
    }, 60_000)
  }

  test("it was made with another copy of Spoor", async () => {
    const foreign = file(
      "foreign.ts",
      "export const One = { name: 'x', run: () => {}, requires: [], limits: {} }"
    )
    expect((await refusal([foreign]))[1]).toEndWith(
      `foreign.ts imports another copy of Spoor than this one: run it with its own, npx spoor actor ${foreign}`
    )
  })

  test("it is built against another version of effect, or another copy", async () => {
    const place = join(outside, "node_modules", "effect")
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, "package.json"), '{"name":"effect","version":"3.19.0"}')
    const other = file("other.ts", "export {}", outside)
    const { effect } = packageJson.dependencies
    expect(await refusal([other])).toEqual([
      78,
      `spoor: ${other} is built against effect 3.19.0, and Spoor ${packageJson.version} against ${effect}: npm install effect@${effect}`
    ])
    const ours = { path: "/a", version: effect }
    expect(otherCopySentence("x.ts", { path: "/b", version: effect }, ours)).toContain("npm dedupe")
    for (const its of [ours, undefined]) expect(otherCopySentence("x.ts", its, ours)).toBeUndefined()
  })

  test("a link to the same effect is the same copy", async () => {
    const place = mkdtempSync(join(tmpdir(), "spoor-linked-"))
    mkdirSync(join(place, "node_modules"))
    symlinkSync(join(root, "node_modules", "effect"), join(place, "node_modules", "effect"))
    const [, sentence] = await refusal([file("linked.ts", "export {}", place)])
    expect(sentence).toContain("exports no actor")
    rmSync(place, { recursive: true })
  })

  test("its actor has what belongs to another: the start says why, and so do --check, --list and --help", async () => {
    const taken = file("taken.ts", counterText("event-counter"))
    for (const more of [[], ["--check"], ["--list"]]) {
      const [code, sentence] = await refusal([taken, ...more])
      expect([code, sentence]).toEqual([
        78,
        `spoor: event-counter of ${taken} has the name of Spoor's event-counter: rename it (and 1 more like this)`
      ])
    }
    const { code, out } = await command(ownSettings(), "actor", [taken, "--help"])
    expect([code, out]).toEqual([78, expect.stringContaining("has the name of Spoor's event-counter")])
    const twice = file("twice.ts", counterText("browser-counter"))
    expect((await refusal([counterFile, twice]))[1]).toContain(
      `browser-counter of ${twice} has the name of browser-counter of ${counterFile}`
    )
  })
})

describe("an actor of a file", () => {
  test("is listed, described and checked", async () => {
    const listed = await command(ownSettings(), "actor", ["--list", counterFile])
    expect(listed.out).toMatch(/^gateway .*\n[\s\S]*\nbrowser-counter +Counts\.\n$/)
    const help = await command(ownSettings(), "actor", [counterFile, "--help"])
    expect(help.out).toStartWith(
      "browser-counter: Counts.\n  receives     records of the log (group spoor-browser-counter)\n"
    )
    const checked = await command(ownSettings(), "actor", [counterFile, "--check"])
    expect([checked.code, checked.out]).toEqual([
      0,
      expect.stringMatching(/^ok +The settings of browser-counter can be used/)
    ])
  })

  for (const runtime of ["bun", "deno"] as const) {
    test(`${runtime}: runs once, beside Spoor's and those of other files, with metrics, and drains`, async () => {
      const second = file("os-counter.ts", counterText("os-counter"))
      const spoor = await startSpoor(
        [counterFile, "gateway", second, "drainer", "enricher", "bridge", counterFile],
        ownSettings(),
        runtime
      )
      await fetch(spoor.address("send events"))
      const counted = 'spoor_actor_events_total{actor="browser-counter",outcome="succeeded"} 1'
      await eventually("the event is counted", async () =>
        (await (await fetch(new URL("/metrics", spoor.address("health")))).text()).includes(counted)
      )
      expect(spoor.output()).toContain("gateway, drainer, enricher, bridge, browser-counter, os-counter")
      expect(await (await fetch(spoor.address("health"))).json()).toMatchObject({
        status: "ready",
        actors: { "browser-counter": "up", "os-counter": "up" }
      })
      expect(await spoor.end()).toBe(0)
    }, 60_000)
  }
})
