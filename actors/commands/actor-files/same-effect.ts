/**
 * Checks that a file of actors and Spoor use the same copy of `effect`: the effects of one copy do not run in the other's
 * fibers.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import packageJson from "../../../package.json" with { type: "json" }

/** A copy of a package. */
export interface PackageCopy {
  /** The real path of its package.json. */
  readonly path: string
  readonly version: string
}

/**
 * The copy of `effect` that a module in this folder imports; undefined when none is found. The folders are searched here,
 * because Bun's own resolver answers with a copy of its cache where none is installed.
 */
const effectOf = (folder: string): PackageCopy | undefined => {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, "node_modules", "effect", "package.json")
    if (existsSync(path))
      return { path: realpathSync(path), version: String(JSON.parse(readFileSync(path, "utf8")).version) }
    if (dirname(at) === at) return undefined
  }
}

/** The sentence about a file whose `effect` is another copy than Spoor's; undefined when it is the same, or none. */
export const otherEffect = (file: string, path: string): string | undefined =>
  otherCopySentence(file, effectOf(dirname(realpathSync(path))), effectOf(import.meta.dirname))

/** The same for these copies. Pure. */
export const otherCopySentence = (
  file: string,
  its: PackageCopy | undefined,
  ours: PackageCopy | undefined
): string | undefined => {
  if (its === undefined || ours === undefined || its.path === ours.path) return undefined
  const spoor = `Spoor ${packageJson.version}`
  return its.version === ours.version
    ? `${file} imports another copy of effect ${its.version} than ${spoor}: remove one of them, npm dedupe`
    : `${file} is built against effect ${its.version}, and ${spoor} against ${ours.version}: npm install effect@${ours.version}`
}
