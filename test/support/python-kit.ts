/**
 * The Python kit (actors/kits/python) installed for tests: a virtual environment in `.cache/`, made once for each content
 * of pyproject.toml, with the kit in it as a link to its sources.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { run } from "../deploy/real/engine/cache.ts"
import { isMissing } from "./missing.ts"

const root = join(import.meta.dirname, "..", "..")

/** The folder of the kit. */
export const kitFolder = join(root, "actors", "kits", "python")

export interface PythonKit {
  /** The interpreter that can import `spoor_kit`, pytest and mypy. */
  readonly python: string
}

/**
 * Installs the kit if it is not there yet. Fails when Python 3.10 with venv is missing, or the registry of packages is
 * unreachable.
 */
export const spoorKit = async (): Promise<PythonKit> => {
  const hash = createHash("sha256")
    .update(readFileSync(join(kitFolder, "pyproject.toml")))
    .digest("hex")
  const cache = join(root, ".cache", "python-kit")
  const folder = join(cache, hash.slice(0, 12))
  const python = join(folder, "bin", "python")
  if (!existsSync(folder)) await install(folder, cache)
  return { python }
}

/** The kit for a test; undefined where it cannot be installed, which is reported, and fails with CI=true. */
export const installedKit = async (): Promise<PythonKit | undefined> => {
  try {
    return await spoorKit()
  } catch (cause) {
    return isMissing(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** A virtual environment cannot be moved, so the finished one gets its name as a link. */
const install = async (folder: string, cache: string): Promise<void> => {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "venv-"))
  try {
    await run("python3", ["-m", "venv", fresh])
    const python = join(fresh, "bin", "python")
    await run(python, ["-m", "pip", "install", "--no-input", "--quiet", "--editable", `${kitFolder}[test]`])
    symlinkSync(fresh, folder)
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    // Another process has installed it meanwhile.
    if (existsSync(folder)) return
    throw new Error(
      "The Python kit cannot be installed: it needs Python 3.10 or later with venv (python3-venv), and a registry that pip reaches.",
      { cause }
    )
  }
}
