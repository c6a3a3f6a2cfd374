/**
 * Files that come with Spoor and are read when it runs: of packages and of its own folders. The one executable holds them
 * inside and names them with `embedFiles` before anything else is imported; otherwise they are on disk.
 */
import { readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"

/** The path of each embedded file by its name; undefined: nothing is embedded. */
let embedded: Readonly<Record<string, string>> | undefined

/** `files`: the path of each file by its name, which is that given to `packageFile`, or `<folder's name>/<file name>`. */
export const embedFiles = (files: Readonly<Record<string, string>>): void => {
  embedded = files
}

/** Is this process the one executable? */
export const isExecutable = (): boolean => embedded !== undefined

const embeddedPath = (name: string): string => {
  const path = embedded?.[name]
  if (path === undefined) throw new Error(`The executable does not hold the file ${name}: build it again.`)
  return path
}

/** The path of a file of a package: "uplot/dist/uPlot.esm.js". */
export const packageFile = (name: string): string =>
  embedded === undefined ? createRequire(import.meta.url).resolve(name) : embeddedPath(name)

/** The files directly in a folder of the sources: their names, and the path of each. */
export interface SourceFolder {
  readonly names: ReadonlyArray<string>
  readonly path: (name: string) => string
}

/** `name`: as which the executable embeds it; `folder`: where it is on disk. */
export const sourceFolder = (name: string, folder: string): SourceFolder =>
  embedded === undefined
    ? { names: readdirSync(folder), path: (file) => join(folder, file) }
    : {
        names: Object.keys(embedded).flatMap((path) =>
          path.startsWith(`${name}/`) ? [path.slice(name.length + 1)] : []
        ),
        path: (file) => embeddedPath(`${name}/${file}`)
      }
