/** The declarations (`.d.ts`) that an outsider's compiler reads: those that the entry points need, directly or by way of others. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** Own files that a declaration imports: before the specifier, and the specifier, which the compiler leaves as in the source. */
const ownImport = /((?:from|import|import\()\s*")(\.[^"]+)\.ts"/g

/** The declaration with its imports as any compiler resolves them: of the JavaScript beside it. */
export const withJsImports = (text: string): string => text.replaceAll(ownImport, '$1$2.js"')

/** The paths of the declarations that these need, themselves included. Throws when one imports a file that is missing. */
export const neededDeclarations = (entries: ReadonlyArray<string>): ReadonlySet<string> => {
  const needed = new Set<string>()
  const visit = (path: string): void => {
    if (needed.has(path)) return
    if (!existsSync(path)) throw new Error(`The declaration ${path} is missing: an entry point needs it.`)
    needed.add(path)
    for (const name of importsOf(readFileSync(path, "utf8"))) visit(join(dirname(path), `${name}.d.ts`))
  }
  for (const entry of entries) visit(entry)
  return needed
}

/** The own files that a declaration imports, without extension; not those that its comments show. */
export const importsOf = (text: string): ReadonlyArray<string> =>
  Array.from(text.replaceAll(/\/\*[\s\S]*?\*\//g, "").matchAll(ownImport), ([, , name = ""]) => name)
