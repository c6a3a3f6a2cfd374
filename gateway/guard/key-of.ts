/** Where a request carries its write key, and its path and query without it. */
import { Buffer } from "node:buffer"
import type { Bytes } from "../../contracts/event.ts"
import { paramValue } from "../../contracts/wire/params.ts"
import { withoutParams } from "../query.ts"
import type { Target } from "../target.ts"

export interface Keyed {
  /** The first of: header `X-Write-Key`, `Authorization` (Bearer, or Basic with the key as user), path `/w/<key>/…`, parameter `write_key`. */
  readonly key: string | undefined
  /** Without any key, wherever it stood. */
  readonly target: Target
}

const names: ReadonlySet<string> = new Set(["write_key"])

/** The key of a request with these headers and that target. Never fails. */
export const keyOf = (headers: Headers, { path, query }: Target): Keyed => {
  const inPath = /^\/w\/([^/]*)(\/.*)?$/.exec(path)
  const inQuery = paramValue(query, "write_key")
  const key =
    headers.get("x-write-key")?.trim() ||
    authorized(headers.get("authorization")) ||
    inPath?.[1] ||
    inQuery ||
    undefined
  return {
    key,
    target: {
      path: inPath === null ? path : ((inPath[2] ?? "/") as Bytes),
      query: inQuery === undefined ? query : withoutParams(query, names)
    }
  }
}

const authorized = (header: string | null): string | undefined => {
  const [, scheme = "", text = ""] = /^(Bearer|Basic) +(\S+)\s*$/i.exec(header ?? "") ?? []
  if (scheme === "") return undefined
  if (scheme.toLowerCase() === "bearer") return text
  return Buffer.from(text, "base64").toString("utf8").split(":")[0]
}
