/** A tracker's request as all that follows sees it: what it asks for, and who sent it when. Made once per request. */

import type { ByteString } from "../contracts/event.ts"
import type { Topic } from "../contracts/ids.ts"
import type { FindAddress } from "./http/client-address.ts"
import { hostOf } from "./http/host.ts"
import type { Client } from "./http/server-types.ts"
import type { Target } from "./http/target.ts"

/** As much of a client as the gateway asks for. */
export type Peer = Pick<Client, "address">

export interface RequestContext {
  readonly request: Request
  /** A guard may take a write key out of it. */
  target: Target
  /** The client's address, after our proxies. The socket's peer is nobody's business: behind a proxy it is everybody. */
  readonly address: string
  /** The host that was asked for, without its port; may be empty. */
  readonly host: ByteString
  /** May be empty. */
  readonly userAgent: ByteString
  /** Milliseconds since 1970. */
  readonly now: number
  /** The topic of its events; undefined for the standard one. A guard may set it. */
  topic: Topic | undefined
  /** Tells its write key from others; undefined where none is asked for. */
  key: string | undefined
  /** A key is asked for, and it has none: it came to a path that needs none, and may do no more than that. */
  lacksKey: boolean
}

/** The arrival of a request now; undefined when its Host header names no host. */
export const requestContextOf = (
  request: Request,
  target: Target,
  peer: Peer,
  addressOf: FindAddress,
  now: number
): RequestContext | undefined => {
  const { headers } = request
  const { address } = peer
  const host = hostOf(headers.get("host") ?? authorityOf(request.url))
  if (host === undefined) return undefined
  return {
    request,
    target,
    address: addressOf(headers, address),
    host,
    userAgent: (headers.get("user-agent") ?? "") as ByteString,
    now,
    topic: undefined,
    key: undefined,
    lacksKey: false
  }
}

/** HTTP/2, which Deno speaks over TLS, has no Host header: what it would say stands in the URL. Without TLS Deno makes that up. */
const authorityOf = (url: string): string | null =>
  url.startsWith("https://") ? (url.slice("https://".length).split(/[/?]/, 1)[0] ?? null) : null
