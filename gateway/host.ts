/** The name of the host a client asked for. */
import type { Bytes } from "../contracts/event.ts"

const allowed = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(:\d{0,5})?$/

/** The host of a `Host` header without its port, as it was written; empty without one; undefined for one that is no host. */
export const hostOf = (header: string | null): Bytes | undefined => {
  if (header === null || header === "") return "" as Bytes
  return allowed.exec(header)?.[1] as Bytes | undefined
}
