/**
 * promtool of Prometheus, for tests of metrics, alerts and dashboards: the one on the PATH, else the one in Debian's package
 * "prometheus", which is unpacked once into the user's cache folder and not installed. Each call runs one process, which
 * ends with it.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { isMissing } from "./missing.ts"
import { hasProgram } from "./server.ts"

/** Unpacks the package into a folder of the cache; undefined where it cannot be downloaded. */
const unpacked = (): string | undefined => {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor")
  const folder = join(cache, "prometheus")
  const program = join(folder, "usr", "bin", "promtool")
  if (existsSync(program)) return program
  if (!hasProgram("apt-get") || !hasProgram("dpkg-deb")) return undefined
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "unpacking-"))
  process.stderr.write(`Unpacking Debian's package "prometheus" into ${folder} (once, 40 MB to download)\n`)
  try {
    const download = () =>
      execFileSync("apt-get", ["-qq", "download", "prometheus"], { cwd: fresh, stdio: "pipe" })
    try {
      download()
    } catch {
      // A new machine has no lists of packages.
      execFileSync("apt-get", ["-qq", "update"], { stdio: "pipe" })
      download()
    }
    const [file = ""] = readdirSync(fresh).filter((name) => name.endsWith(".deb"))
    execFileSync("dpkg-deb", ["-x", join(fresh, file), fresh])
    rmSync(join(fresh, file))
    renameSync(fresh, folder)
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(program)) process.stderr.write(`apt-get could not fetch prometheus: ${String(cause)}\n`)
  }
  return existsSync(program) ? program : undefined
}

let found: { readonly path: string | undefined } | undefined

/**
 * The path of promtool, looked for once. Undefined where it cannot be had, and a sentence says so: the caller skips its
 * tests. With CI=true it throws.
 */
export const promtool = (): string | undefined => {
  found ??= {
    path:
      (hasProgram("promtool") ? "promtool" : unpacked()) ??
      isMissing(
        "promtool is missing, so metrics and alerts were not checked. Install Prometheus, or let apt-get download it."
      )
  }
  return found.path
}

/** A run of promtool. */
export interface PromtoolRun {
  /** 0: it has found nothing. */
  readonly code: number
  /** What it wrote to its outputs, together. */
  readonly text: string
}

/**
 * Runs promtool, for example with `check metrics` and a /metrics response as `input`. Throws where promtool is missing.
 */
export const runPromtool = (args: ReadonlyArray<string>, input = ""): PromtoolRun => {
  const path = promtool()
  if (path === undefined) throw new Error("promtool is missing: ask `promtool()` before a test needs it.")
  const { status, error, stdout, stderr } = spawnSync(path, args, { input, encoding: "utf8" })
  if (error !== undefined) throw error
  return { code: status ?? 1, text: `${stdout}${stderr}` }
}
