/**
 * The README files are true: their tables are those of the code, the example of an actor runs, every block of commands is
 * run by a test. And the first of them stays short.
 */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect } from "effect"
import type { Actor } from "../actors/runtime/actor.ts"
import { makeHealth } from "../actors/runtime/health.ts"
import { start } from "../actors/runtime/supervisor.ts"
import { EventLog } from "../bridge/event-log/service.ts"
import { makeSqlite } from "../bridge/event-log/sqlite/log.ts"
import { Topic } from "../contracts/ids.ts"
import { readmes, root } from "../deploy/documents.ts"
import { tableMarkers, withGeneratedTables } from "../deploy/generate-readme-settings.ts"
import packageJson from "../package.json" with { type: "json" }
import { eventually } from "./support/eventually.ts"

const all = readmes()
const textOf = (path: string): string => all.find((one) => one.path === path)?.text ?? ""

describe("README.md", () => {
  test("has fewer than 300 lines", () => {
    const lines = textOf("README.md").split("\n").length
    expect(lines).toBeGreaterThan(50)
    expect(lines).toBeLessThan(300)
  })

  test("names every dependency with its reason", () => {
    const missing = Object.keys({ ...packageJson.dependencies, ...packageJson.devDependencies }).filter(
      (name) => !name.startsWith("@types/") && !textOf("README.md").includes(`\`${name}\``)
    )
    expect(missing).toEqual([])
  })
})

describe("the README files", () => {
  for (const { path, text } of all) {
    test(`${path}: its tables are made from the code (bun deploy/generate-readme-settings.ts)`, () => {
      expect(withGeneratedTables(text)).toBe(text)
    })
  }

  test("have each generated table once", () => {
    for (const marker of tableMarkers) {
      expect([
        marker,
        all.map(({ text }) => text.split(marker).length - 1).filter((times) => times > 0)
      ]).toEqual([marker, [1]])
    }
  })

  test("have a test named above every block of commands, which runs it", () => {
    const blocks = all.flatMap(({ path, text }) =>
      Array.from(text.matchAll(/(.*)\n```sh\n/g), ([, line = ""]) => ({ path, line }))
    )
    expect(blocks.length).toBeGreaterThan(8)
    for (const { path, line } of blocks) {
      const file =
        line === "<!-- curl -->" ? "test/gateway/readme.test.ts" : /^<!-- run by (\S+) -->$/.exec(line)?.[1]
      expect([path, line, file !== undefined && existsSync(join(root, file))]).toEqual([path, line, true])
    }
  })

  test("hide no block of commands from that rule", () => {
    const others = all.flatMap(({ path, text }) =>
      Array.from(text.matchAll(/^ *```(bash|shell|console|zsh)\b/gm), ([fence]) => `${path}: ${fence}`)
    )
    expect(others).toEqual([])
  })
})

describe("actors/README.md", () => {
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

/** The example of the document, put where its packages are found, with imports as if it stood in `actors/`. */
const exampleActor = async (): Promise<{ BrowserCounter: Actor; seen: Map<string, number> }> => {
  const [, code = ""] = /<!-- example -->\n```ts\n([\s\S]*?)```/.exec(textOf("actors/README.md")) ?? []
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
