/** The Markdown files of this project, for the generator of tables and for the tests that read them. It only reads files. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"

export const root = join(import.meta.dirname, "..")

export interface Document {
  /** Path relative to the root of the project. */
  readonly path: string
  readonly text: string
}

/** Packages, what is built, and hidden folders. */
const isIgnored = (folder: string): boolean =>
  folder === "node_modules" || folder === "dist" || folder.startsWith(".")

const pathsIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return isIgnored(entry.name) ? [] : pathsIn(path)
    return entry.name.endsWith(".md") ? [path] : []
  })

/** Every Markdown file outside node_modules, dist and hidden folders, ordered by path. */
export const documents = (): ReadonlyArray<Document> =>
  pathsIn("")
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))

/** Every README.md. */
export const readmes = (): ReadonlyArray<Document> =>
  documents().filter(({ path }) => basename(path) === "README.md")
