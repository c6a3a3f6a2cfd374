/** What the production install leaves out (deploy/leave-out.mjs) is imported by no actor and no command. */
import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { neverReadPaths } from "../../deploy/leave-out.mjs"

const root = join(import.meta.dirname, "..", "..")

test("no actor and no command imports a file that the production install leaves out", async () => {
  const entrypoints = ["spoor.ts", "healthcheck.ts"].map((name) => join(root, "actors", "commands", name))
  const { metafile } = await Bun.build({ entrypoints, target: "bun", metafile: true })
  const imported = Object.keys(metafile?.inputs ?? {})
  expect(imported.filter((path) => path.includes("node_modules/effect/")).length).toBeGreaterThan(50)
  const wrong = imported.filter((path) =>
    neverReadPaths.some((left) => path.includes(`node_modules/${left}/`))
  )
  expect(wrong).toEqual([])
})

test("every path that is left out is there: a renamed one would be kept", () => {
  const missing = neverReadPaths.filter((path) => !existsSync(join(root, "node_modules", path)))
  expect(missing.filter((path) => !/^effect\/(?:src|ai-docs)$/.test(path))).toEqual([])
})
