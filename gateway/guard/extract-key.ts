/** Finds the write key of a request, and removes it from the path and the query. */
import { Buffer } from "node:buffer"
import type { ByteString } from "../../contracts/event.ts"
import { paramValue } from "../../contracts/wire/params.ts"
import { withoutMember } from "../../contracts/wire/query.ts"
import type { Target } from "../http/target.ts"

const name = "write_key"

/** A query without the parameter `write_key`, in every notation of forms, JSON and batches. */
export const withoutKey = (query: ByteString): ByteString => withoutMember(query, name)

/** A target without the key of its path; undefined for a path without `/w/<key>`. */
export type SplitPathKey = (
  target: Target
) => { readonly target: Target; readonly pathKey: string } | undefined

/** `/w/<key>/t/x` is `/t/x` with the key `<key>`, which may be empty. */
export const splitPathKey: SplitPathKey = ({ path, query }) => {
  const [, key, rest] = /^\/w\/([^/]*)(\/.*)?$/.exec(path) ?? []
  if (key === undefined) return undefined
  return { target: { path: (rest ?? "/") as ByteString, query }, pathKey: key }
}

/** The first of: header `X-Write-Key`, `Authorization` (Bearer, or Basic with the key as user), the path, parameter `write_key`. Never fails. */
export const keyOf = (headers: Headers, pathKey: string | undefined, query: ByteString): string | undefined =>
  headers.get("x-write-key")?.trim() ||
  authorized(headers.get("authorization")) ||
  pathKey ||
  paramValue(query, name) ||
  undefined

const authorized = (header: string | null): string | undefined => {
  const [, scheme = "", text = ""] = /^(Bearer|Basic) +(\S+)\s*$/i.exec(header ?? "") ?? []
  if (scheme === "") return undefined
  if (scheme.toLowerCase() === "bearer") return text
  return Buffer.from(text, "base64").toString("utf8").split(":")[0]
}
