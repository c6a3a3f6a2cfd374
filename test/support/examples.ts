/** The examples of the documents: files that a document tells its reader to write, by `<!-- example <file> -->` above each. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..", "..")

/** The text of that file in the document at `path`, relative to the root. Throws when the document does not have it. */
export const exampleIn = (path: string, file: string): string => {
  const document = readFileSync(join(root, path), "utf8")
  const [, from] = document.split(`<!-- example ${file} -->`)
  const [, text] = /^\s*```\w+\n([\s\S]*?)```/.exec(from ?? "") ?? []
  if (text === undefined) throw new Error(`${path} has no example ${file}`)
  return text
}
