/**
 * The reference library of Standard Webhooks for Python, installed for tests: a virtual environment in `.cache/`, made once
 * for each version.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { run } from "../deploy/real/engine/cache.ts"
import { isMissing } from "./missing.ts"

const version = "1.0.1"
const cache = join(import.meta.dirname, "..", "..", ".cache", "standard-webhooks")

/** The interpreter that can import `standardwebhooks`; undefined where it cannot be installed, which fails with CI=true. */
export const standardWebhooksPython = async (): Promise<string | undefined> => {
  const folder = join(cache, version)
  const python = join(folder, "bin", "python")
  if (existsSync(python)) return python
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "venv-"))
  try {
    await run("python3", ["-m", "venv", fresh])
    const pip = ["-m", "pip", "install", "--no-input", "--quiet", `standardwebhooks==${version}`]
    await run(join(fresh, "bin", "python"), pip)
    symlinkSync(fresh, folder)
    return python
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    if (existsSync(python)) return python
    return isMissing(
      "standardwebhooks for Python cannot be installed: it needs python3-venv and PyPI.",
      cause
    )
  }
}
