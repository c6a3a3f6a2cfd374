/** Where a request carries its write key, and its path and query without it. */
import { Buffer } from "node:buffer"
import type { ByteString } from "../../contracts/event.ts"
import { paramValue } from "../../contracts/wire/params.ts"
import { withoutMember } from "../../contracts/wire/query.ts"
import type { Target } from "../http/target.ts"

export interface Keyed {
  /** The first of: header `X-Write-Key`, `Authorization` (Bearer, or Basic with the key as user), path `/w/<key>/…`, parameter `write_key`. */
  readonly key: string | undefined
  /** Without any key, wherever it stood. */
  readonly target: Target
}

const name = "write_key"

/** A query without the parameter `write_key`, wherever a form, JSON or a batch had it. */
export const withoutKey = (query: ByteString): ByteString => withoutMember(query, name)

/** The key of a request with these headers and that target. Never fails. */
export const keyOf = (headers: Headers, { path, query }: Target): Keyed => {
  const inPath = /^\/w\/([^/]*)(\/.*)?$/.exec(path)
  const inQuery = paramValue(query, name)
  const key =
    headers.get("x-write-key")?.trim() ||
    authorized(headers.get("authorization")) ||
    inPath?.[1] ||
    inQuery ||
    undefined
  return {
    key,
    target: {
      path: inPath === null ? path : ((inPath[2] ?? "/") as ByteString),
      query: withoutKey(query)
    }
  }
}

const authorized = (header: string | null): string | undefined => {
  const [, scheme = "", text = ""] = /^(Bearer|Basic) +(\S+)\s*$/i.exec(header ?? "") ?? []
  if (scheme === "") return undefined
  if (scheme.toLowerCase() === "bearer") return text
  return Buffer.from(text, "base64").toString("utf8").split(":")[0]
}
