/**
 * The Go kit (actors/kits/go) built for tests: its commands in `.cache/`, built once for each content of its sources.
 * Modules come from the cache of Go, or through its proxy.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { run } from "../deploy/real/engine/cache.ts"
import { needsProgram } from "./server.ts"

const root = join(import.meta.dirname, "..", "..")

/** The folder of the kit. */
export const goKitFolder = join(root, "actors", "kits", "go")

/** Whether Go is installed; reported where it is not, and an error with CI=true. */
export const hasGo = needsProgram("go", "Install Go 1.26 or later (.ci/go.sh does).", ["version"])

/** Runs the go command in the kit's folder; modules are never changed, and one package is compiled at a time. */
export const go = (...args: ReadonlyArray<string>): Promise<string> =>
  run("nice", ["-n", "15", "go", ...args], {
    cwd: goKitFolder,
    env: { ...process.env, GOFLAGS: "-mod=readonly -p=1 -buildvcs=false" }
  })

const sources = (): ReadonlyArray<string> =>
  readdirSync(goKitFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:go|lua)$|^go\.(?:mod|sum)$/.test(name) && !name.endsWith("_test.go"))
    .toSorted()

let built: Promise<(name: string) => string> | undefined

/** Builds the commands if they are not there yet; returns the path of one by its name, such as `enricher`. */
export const goCommands = (): Promise<(name: string) => string> => {
  built ??= build()
  return built
}

const build = async (): Promise<(name: string) => string> => {
  const hash = createHash("sha256").update(await go("version"))
  for (const name of sources()) hash.update(name).update(readFileSync(join(goKitFolder, name)))
  const cache = join(root, ".cache", "go-kit")
  const folder = join(cache, hash.digest("hex").slice(0, 12))
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true })
    const fresh = mkdtempSync(join(cache, "build-"))
    await go("build", "-o", `${fresh}/`, "./cmd/...", "./internal/poisonedenricher", "./internal/enrichbatch")
    if (!existsSync(folder)) renameSync(fresh, folder)
  }
  return (name) => join(folder, name)
}
