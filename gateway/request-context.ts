/** What guards and handlers know about one request: its target, its sender and its time. Created once per request. */

import type { ByteString } from "../contracts/event.ts"
import type { Topic } from "../contracts/ids.ts"
import type { FindAddress } from "./http/client-address.ts"
import { hostOf } from "./http/host.ts"
import type { Client } from "./http/server-types.ts"
import type { Target } from "./http/target.ts"

/** The part of a client that the gateway uses. */
export type Peer = Pick<Client, "address">

export interface RequestContext {
  readonly request: Request
  /** Without a write key in its path; a guard also removes one from the query. */
  target: Target
  /** The write key of a path like `/w/<key>/t/x`; undefined for other paths. */
  readonly pathKey: string | undefined
  /** The client's address, resolved through trusted proxies. The socket's own address is not kept: behind a proxy it is the same for everybody. */
  readonly address: string
  /** The requested host without its port; may be empty. */
  readonly host: ByteString
  /** May be empty. */
  readonly userAgent: ByteString
  /** Milliseconds since 1970. */
  readonly now: number
  /** The topic of its events; undefined for the default topic. A guard may set it. */
  topic: Topic | undefined
  /** The name of its write key in limits and metrics, not the key itself; undefined where no key is required. */
  key: string | undefined
  /** Write keys are required, and this request has no valid one. Its path is exempt; it must not become an event. */
  lacksKey: boolean
}

/** The context of a request that arrived now; undefined when its Host header is invalid. */
export const requestContextOf = (
  request: Request,
  target: Target,
  pathKey: string | undefined,
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
    pathKey,
    address: addressOf(headers, address),
    host,
    userAgent: (headers.get("user-agent") ?? "") as ByteString,
    now,
    topic: undefined,
    key: undefined,
    lacksKey: false
  }
}

/** HTTP/2, which Deno serves over TLS, has no Host header; the URL holds the authority. Without TLS, Deno invents it. */
const authorityOf = (url: string): string | null =>
  url.startsWith("https://") ? (url.slice("https://".length).split(/[/?]/, 1)[0] ?? null) : null
