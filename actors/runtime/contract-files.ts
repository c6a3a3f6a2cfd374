/**
 * Serves the generated description of the messages (contracts/generated) below `/contracts`: a page for people, JSON
 * Schemas, the AsyncAPI document, and types for other languages. The files are read at the first request and kept.
 * An installation without them answers 404.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isExecutable, type SourceFolder, sourceFolder } from "../../bridge/bundled-files.ts"

const generated = join(import.meta.dirname, "..", "..", "contracts", "generated")

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  ts: "text/plain; charset=utf-8",
  py: "text/plain; charset=utf-8",
  go: "text/plain; charset=utf-8"
}

interface ContractFile {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const prefix = "/contracts"

/** True for the paths that `answerContract` answers. */
export const isContractPath = (path: string): boolean => path === prefix || path.startsWith(`${prefix}/`)

/**
 * The response to a request of such a path: 304 when the client has the file already, 404 for a file that does not exist.
 * A file may change with the version of Spoor, so clients ask again each time.
 */
export const answerContract = (request: Request): Response => {
  const path = new URL(request.url).pathname.replace(/\/$/, "")
  const file = files().get(path === prefix ? `${prefix}/index.html` : path)
  if (file === undefined) {
    const message = `Not found. ${prefix} lists the files.`
    return Response.json({ error: "not-found", message }, { status: 404 })
  }
  const { body, headers } = file
  const known = request.headers.get("if-none-match")?.split(/\s*,\s*/) ?? []
  return known.includes(headers.etag ?? "")
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers })
}

let kept: ReadonlyMap<string, ContractFile> | undefined

/** Each file by its path. */
const files = (): ReadonlyMap<string, ContractFile> => {
  kept ??= new Map([
    ...filesIn("contracts", generated, ""),
    ...filesIn("contract-schemas", join(generated, "schemas"), "application/schema+json")
  ])
  return kept
}

/** `name`: the folder's name in the executable; `type`: the content type of all its files, else by the name's end. */
const filesIn = (
  name: string,
  path: string,
  type: string
): ReadonlyArray<readonly [string, ContractFile]> => {
  const folder = folderAt(name, path)
  return folder.names.flatMap((file) => {
    const contentType = type || contentTypes[file.slice(file.lastIndexOf(".") + 1)]
    if (contentType === undefined) return []
    const body = readFileSync(folder.path(file), "utf8")
    const digest = createHash("sha256").update(body).digest("hex").slice(0, 16)
    const headers = {
      "content-type": contentType,
      "cache-control": "no-cache",
      etag: `"${digest}"`,
      "x-content-type-options": "nosniff",
      ...(file.endsWith(".html") ? { "content-security-policy": pagePolicy } : {})
    }
    return [[`${prefix}/${file}`, { body, headers }] as const]
  })
}

/** The folder; an empty one where the files are not installed. */
const folderAt = (name: string, path: string): SourceFolder =>
  isExecutable() || existsSync(path) ? sourceFolder(name, path) : { names: [], path: () => "" }

/** The page has a style sheet and no scripts. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
