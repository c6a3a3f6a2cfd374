/**
 * The receivers of reactions that actors/README.md shows, in TypeScript, Python and Go, each with the reference library of
 * Standard Webhooks for its language: installed and built in `.cache/`, once for each content of the examples.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "../deploy/real/engine/cache.ts"
import { exampleIn } from "./examples.ts"
import { isMissing } from "./missing.ts"

const root = join(import.meta.dirname, "..", "..")
const files = ["receiver.ts", "receiver.py", "receiver.go"] as const
const goLibrary = "github.com/standard-webhooks/standard-webhooks/libraries@v0.0.1"

/** The command that starts a receiver in each language; settings: PORT, WEBHOOK_SECRET. */
export type Receivers = Readonly<Record<"TypeScript" | "Python" | "Go", ReadonlyArray<string>>>

/** Installs them if they are not there yet; undefined where a language or a registry is missing, which fails with CI=true. */
export const installedReceivers = async (): Promise<Receivers | undefined> => {
  const examples = files.map((name) => exampleIn("actors/README.md", name))
  const hash = createHash("sha256").update(examples.join("\n")).digest("hex").slice(0, 12)
  const cache = join(root, ".cache", "receivers")
  const folder = join(cache, hash)
  try {
    if (!existsSync(folder)) await install(folder, cache, examples)
  } catch (cause) {
    return isMissing(
      "The receivers of actors/README.md need npm, Python 3.10 with venv, Go 1.22, and their registries.",
      cause
    )
  }
  return {
    TypeScript: [process.execPath, join(folder, "receiver.ts")],
    Python: [join(folder, "venv", "bin", "python"), join(folder, "receiver.py")],
    Go: [join(folder, "go", "receiver")]
  }
}

/** A virtual environment cannot be moved, so the finished folder gets its name as a link. */
const install = async (folder: string, cache: string, examples: ReadonlyArray<string>): Promise<void> => {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "build-"))
  try {
    const [typescript = "", python = "", go = ""] = examples
    mkdirSync(join(fresh, "go"))
    writeFileSync(join(fresh, "receiver.ts"), typescript)
    writeFileSync(join(fresh, "receiver.py"), python)
    writeFileSync(join(fresh, "go", "main.go"), go)
    writeFileSync(join(fresh, "package.json"), '{ "private": true, "type": "module" }\n')
    const npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "standardwebhooks@1.1.1"]
    await run("npm", npm, { cwd: fresh })
    await run("python3", ["-m", "venv", join(fresh, "venv")])
    const pip = ["-m", "pip", "install", "--no-input", "--quiet", "standardwebhooks==1.1.0"]
    await run(join(fresh, "venv", "bin", "python"), pip)
    const inGo = { cwd: join(fresh, "go"), env: { GOFLAGS: "-p=1 -buildvcs=false" } }
    await run("go", ["mod", "init", "receiver"], inGo)
    await run("go", ["get", goLibrary], inGo)
    await run("nice", ["-n", "15", "go", "build", "-o", "receiver", "."], inGo)
    symlinkSync(fresh, folder)
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    // Another process has installed them meanwhile.
    if (!existsSync(folder)) throw cause
  }
}
