/** The README is true: its tables are those of the code, its example of an actor runs, its commands exist. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect } from "effect"
import type { Actor } from "../actors/runtime/actor.ts"
import { makeHealth } from "../actors/runtime/health.ts"
import { start } from "../actors/runtime/supervisor.ts"
import { EventLog } from "../bridge/event-log/service.ts"
import { makeSqlite } from "../bridge/event-log/sqlite/log.ts"
import { Topic } from "../contracts/ids.ts"
import { withGeneratedParts } from "../deploy/readme.ts"
import packageJson from "../package.json" with { type: "json" }
import { eventually } from "./support/eventually.ts"

const root = join(import.meta.dirname, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")

describe("README", () => {
  test("its tables of actors and settings are made from the code (bun deploy/readme.ts)", () => {
    expect(withGeneratedParts(readme)).toBe(readme)
  })

  test("names every dependency with its reason", () => {
    const missing = Object.keys({ ...packageJson.dependencies, ...packageJson.devDependencies }).filter(
      (name) => !name.startsWith("@types/") && !readme.includes(`\`${name}\``)
    )
    expect(missing).toEqual([])
  })

  test("every block of commands is run by a test that is named above it", () => {
    const before = Array.from(readme.matchAll(/(.*)\n```sh\n/g), ([, line = ""]) => line)
    expect(before.length).toBeGreaterThan(8)
    for (const line of before) {
      const file =
        line === "<!-- curl -->" ? "test/gateway/readme.test.ts" : /^<!-- run by (\S+) -->$/.exec(line)?.[1]
      expect([line, file !== undefined && existsSync(join(root, file))]).toEqual([line, true])
    }
  })

  test("its example of an actor runs and does what it says", async () => {
    const { BrowserCounter, seen } = await exampleActor()
    const browsers = ["Firefox", "Firefox", "Chrome"]
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const log = yield* makeSqlite(mkdtempSync(join(tmpdir(), "spoor-example-")))
          const topic = Topic.make("events")
          yield* log.ensureTopics([topic])
          yield* log.append(
            browsers.map((browser) => ({
              topic,
              value: new TextEncoder().encode(`app_open type=Desktop&browser=${browser}&ts=1&ip=1&klag=1 e`),
              headers: {}
            })),
            "one batch"
          )
          yield* start(BrowserCounter, Context.make(EventLog, log), makeHealth(), () => {})
          yield* Effect.promise(() => eventually("all are counted", () => seen.get("Chrome") === 1))
        })
      )
    )
    expect(Object.fromEntries(seen)).toEqual({ Firefox: 2, Chrome: 1 })
  })
})

/** The README's example, put where its packages are found, with imports as if it stood in `actors/`. */
const exampleActor = async (): Promise<{ BrowserCounter: Actor; seen: Map<string, number> }> => {
  const [, code = ""] = /<!-- example -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  const folder = join(root, ".cache", "example")
  const file = join(folder, "browser-counter.ts")
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, code.replaceAll('"./', `"${root}/actors/`).replaceAll('"../', `"${root}/`))
  try {
    return await import(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
