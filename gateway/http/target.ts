/**
 * The path and query of a request, byte for byte as far as the runtime lets us see them.
 *
 * Both are cut out of `Request.url`, never parsed and written again. What the runtimes change before that:
 * Bun follows the URL standard: it resolves `.` and `..` segments, turns `\` into `/` and percent-encodes bytes that
 * must not stand in a URL (`"`, `<`, `>`, a control character, anything beyond ASCII; in a path also `` ` ``, `{`, `}`).
 * Bytes beyond ASCII that are not UTF-8 become U+FFFD. Deno changes nothing, and refuses what is not UTF-8.
 * What is percent-encoded already, right or wrong, is never touched by either.
 */
import { type ByteString, bytesOf } from "../../contracts/event.ts"

export interface Target {
  /** Begins with `/`. */
  readonly path: ByteString
  /** Without its `?`; empty when there is none. */
  readonly query: ByteString
}

/** The path and query of a request's URL; also of a bare path, which is what Bun gives when there is no host. */
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
