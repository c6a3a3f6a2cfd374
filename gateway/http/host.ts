/** Parses the Host header. */
import type { ByteString } from "../../contracts/event.ts"

const allowed = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(?::\d{0,5})?$/

/** The host of a `Host` header without its port, as written; empty for a missing header; undefined for an invalid one. */
export const hostOf = (header: string | null): ByteString | undefined => {
  if (header === null || header === "") return "" as ByteString
  if (!allowed.test(header)) return undefined
  const port = header.indexOf(":", header.indexOf("]") + 1)
  return (port === -1 ? header : header.slice(0, port)) as ByteString
}
