/**
 * The README files are true: their tables are those of the code, the example of an actor runs, every block of commands is
 * run by a test. And the first of them stays short.
 */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readmes, root } from "../deploy/documents.ts"
import { ownActors, tableMarkers, withGeneratedTables } from "../deploy/generate-readme-settings.ts"
import { ownActorsFile } from "../deploy/own-actors.ts"
import packageJson from "../package.json" with { type: "json" }
import { exampleIn } from "./support/examples.ts"

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
  test("its example of an actor and its test run in this tree too, and are as short as it says", () => {
    const folder = join(root, ".cache", "example")
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const name of ["browser-counter.ts", "browser-counter.test.ts"]) {
      const text = exampleIn("actors/README.md", name)
      expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(25)
      writeFileSync(join(folder, name), text)
    }
    const { status, stderr } = spawnSync(process.execPath, ["test", "./browser-counter.test.ts"], {
      cwd: folder,
      encoding: "utf8"
    })
    rmSync(folder, { recursive: true })
    expect([status, stderr]).toEqual([0, expect.stringContaining("2 pass")])
  })
})

test("what Spoor's actors claim as their own is current (bun deploy/generate-readme-settings.ts)", () => {
  expect(readFileSync(join(root, ownActorsFile), "utf8")).toBe(ownActors)
})
