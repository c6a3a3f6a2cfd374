/**
 * The sources of the last release, for tests of two versions side by side: taken from this repository's history into a
 * temporary folder, with this tree's packages. `make` extracts them; `remove` deletes the folder. After a release, write
 * its version and commit here.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isMissing } from "./missing.ts"

export const lastRelease = {
  version: "0.4.0",
  commit: "86ea5ce1becd4b7d3dccf1d59c6b70a0d58d3c2d"
} as const

const root = join(import.meta.dirname, "..", "..")

/** False when the history lacks the commit: the tests are then skipped, and fail with CI=true. */
export const hasLastRelease = (): boolean => {
  const { commit, version } = lastRelease
  const found = spawnSync("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: root }).status === 0
  if (!found)
    isMissing(
      `Commit ${commit} (Spoor ${version}) is not in this clone, so two versions were not tested side by side. Run git fetch --unshallow, or git fetch origin ${commit}.`
    )
  return found
}

export interface ReleaseTree {
  /** The absolute path of a file of that release. */
  readonly path: (file: string) => string
  readonly remove: () => void
}

/** Extracts the sources. Throws when the commit is missing: ask `hasLastRelease` first. */
export const extractLastRelease = (): ReleaseTree => {
  const folder = mkdtempSync(join(tmpdir(), `spoor-${lastRelease.version}-`))
  const archive = execFileSync("git", ["archive", "--format=tar", lastRelease.commit], {
    cwd: root,
    maxBuffer: 256 * 1024 * 1024
  })
  execFileSync("tar", ["-x", "-C", folder], { input: archive })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  return {
    path: (file) => join(folder, file),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
