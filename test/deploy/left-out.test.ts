/**
 * What the production install leaves out (deploy/leave-out.mjs) is imported by no actor and no command: all are imported in a
 * copy of the tree whose packages lack it. Files are linked, so that the copy costs little.
 */
import { afterAll, expect, test } from "bun:test"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { actorNames } from "../../actors/all.ts"
import { neverReadPaths } from "../../deploy/leave-out.mjs"

const root = join(import.meta.dirname, "..", "..")
const folder = mkdtempSync(join(root, "node_modules", ".left-out-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const commands = ["actor", "counters", "dead-letters", "ledger", "queue", "rules", "tap", "top"]

/** Imports every actor, and what is imported only when it is used. */
const importAll = `
import { loadActors } from "./actors/all.ts"
for (const path of ["actors/gateway/workers.ts", "bridge/event-log/kafka/log.ts"])
  await import("./" + path)
await import("kafkajs")
console.log((await loadActors()).length)
process.exit(0)
`

test("every actor and command is imported without what is left out", () => {
  // The packages that Spoor depends on; types and tools of development stay behind.
  const packages = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
    cwd: root,
    encoding: "utf8"
  })
  const linked = join(folder, "node_modules")
  execFileSync("mkdir", ["-p", linked])
  const names = new Set(
    packages.split("\n").flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
  )
  for (const name of names) {
    const target = join(linked, name)
    execFileSync("mkdir", ["-p", join(target, "..")])
    execFileSync("cp", ["-al", join(root, "node_modules", name), target])
  }
  for (const path of neverReadPaths) rmSync(join(linked, path), { recursive: true, force: true })
  for (const name of ["package.json", "contracts", "bridge", "gateway", "actors"])
    execFileSync("cp", ["-al", join(root, name), join(folder, name)])
  writeFileSync(join(folder, "import-all.ts"), importAll)
  const bun = (...args: ReadonlyArray<string>) =>
    spawnSync(process.execPath, [...args], { cwd: folder, encoding: "utf8" })
  expect(bun("import-all.ts")).toMatchObject({ stderr: "", stdout: `${actorNames.length}\n` })
  for (const command of commands)
    expect(bun(`actors/commands/${command}.ts`, "--help")).toMatchObject({ status: 0 })
}, 60_000)

test("every path that is left out is there: a renamed one would be kept", () => {
  const missing = neverReadPaths.filter((path) => !existsSync(join(root, "node_modules", path)))
  expect(missing.filter((path) => !/^effect\/(?:src|ai-docs)$/.test(path))).toEqual([])
})
