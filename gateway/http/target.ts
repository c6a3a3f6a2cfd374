/**
 * The path and query of a request, byte for byte as far as the runtime preserves them.
 *
 * Both are substrings of `Request.url`; they are never parsed and re-encoded. The runtimes change the URL before that:
 * Bun follows the URL standard: it resolves `.` and `..` segments, turns `\` into `/` and percent-encodes bytes that
 * are not allowed in a URL (`"`, `<`, `>`, control characters, non-ASCII; in a path also `` ` ``, `{`, `}`).
 * Non-ASCII bytes that are not UTF-8 become U+FFFD. Deno changes nothing, and refuses a URL that is not UTF-8.
 * Neither runtime changes an existing percent-encoding, valid or not.
 */
import { type ByteString, bytesOf } from "../../contracts/event.ts"

export interface Target {
  /** Begins with `/`. */
  readonly path: ByteString
  /** Without `?`; may be empty. */
  readonly query: ByteString
}

/** The path and query of a request's URL, or of a bare path, which Bun returns for a request without a host. */
export const targetOf = (url: string): Target => {
  const bytes = bytesOf(url)
  const authority = bytes.startsWith("/") ? 0 : bytes.indexOf("://") + 3
  const slash = bytes.indexOf("/", authority)
  const mark = bytes.indexOf("?", authority)
  const end = mark === -1 ? bytes.length : mark
  return {
    path: (slash === -1 || slash > end ? "/" : bytes.slice(slash, end)) as ByteString,
    query: bytes.slice(end + 1) as ByteString
  }
}
