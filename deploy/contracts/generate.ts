/**
 * Writes everything that is made from the schemas of the messages: `bun run contracts`. With `--check` it writes nothing,
 * names the files that are out of date and ends with 1; a test does the same.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { loadActors } from "../../actors/all.ts"
import packageJson from "../../package.json" with { type: "json" }
import { generatedFiles } from "./files.ts"
import { vectorFiles } from "./vectors/files.ts"

const contracts = join(import.meta.dirname, "..", "..", "contracts")

/** Each generated folder of `contracts/` with its files. */
const folders = async (): Promise<Readonly<Record<string, ReadonlyMap<string, string | Uint8Array>>>> => ({
  generated: generatedFiles(packageJson.version, await loadActors()),
  vectors: vectorFiles()
})

const filesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: "utf8" })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}

const isCurrent = (path: string, content: string | Uint8Array): boolean => {
  try {
    return readFileSync(path).equals(Buffer.from(content))
  } catch {
    return false
  }
}

/** The paths from `contracts/` of files that are missing, differ, or are generated no more. */
export const outdatedFiles = async (): Promise<ReadonlyArray<string>> =>
  Object.entries(await folders()).flatMap(([name, files]) => {
    const folder = join(contracts, name)
    const wrong = [...files].filter(([path, content]) => !isCurrent(join(folder, path), content))
    const extra = filesIn(folder)
      .map((path) => path.slice(folder.length + 1))
      .filter((path) => !files.has(path))
    return [...wrong.map(([path]) => path), ...extra].map((path) => `${name}/${path}`)
  })

const write = async (): Promise<void> => {
  for (const [name, files] of Object.entries(await folders())) {
    rmSync(join(contracts, name), { recursive: true, force: true })
    for (const [path, content] of files) {
      const file = join(contracts, name, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }
}

if (import.meta.main) {
  const outdated = await outdatedFiles()
  const isCheck = process.argv.includes("--check")
  if (!isCheck && outdated.length > 0) await write()
  for (const path of outdated)
    process.stdout.write(`${isCheck ? "out of date" : "written"}: contracts/${path}\n`)
  if (isCheck && outdated.length > 0) process.exitCode = 1
}
