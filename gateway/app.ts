/**
 * The gateway's app on Bun and Deno: the handler of `handler.ts` in Elysia, a thin adapter for the methods with a body. GET
 * and HEAD, which are most requests, do not pass through it. Keeps no state; `http/serve.ts` serves it.
 *
 * @example
 * ```ts
 * const app = gatewayApp({
 *   push: async (line) => console.log(line),
 *   operations: { live: () => new Response("ok"), ready: () => new Response("ok") },
 *   settings: { trustedProxies: "none", podName: undefined },
 *   now: Date.now
 * })
 * await app.fetch(new Request("http://localhost/t/app_open?a=1"), { address: "203.0.113.9" })
 * ```
 */
import { Elysia } from "elysia"
import { isGetOrHead } from "./dispatch.ts"
import { refuseEvent } from "./event-errors.ts"
import { type GatewayApp, type GatewayOptions, gatewayHandler, type Mount, plainly } from "./handler.ts"
import type { Peer } from "./request-context.ts"

export type { GatewayApp, GatewayOptions } from "./handler.ts"

export const gatewayApp = (options: GatewayOptions): GatewayApp => gatewayHandler(options, throughElysia)

/**
 * One wildcard route: Elysia parses, validates and describes nothing here. The measured reasons are in the README of this
 * folder. GET and HEAD call `dispatch` directly.
 */
const throughElysia: Mount = (dispatch) => {
  const peers = new WeakMap<Request, Peer>()
  const app = new Elysia()
    .onError(({ error }) => refuseEvent(error))
    .all("*", ({ request }) => dispatch(request, peers.get(request) ?? unknownPeer), { parse: "none" })
    .compile()
  const direct = plainly(dispatch)

  return (request, client) => {
    if (isGetOrHead(request.method)) return direct(request, client)
    peers.set(request, client)
    return app.fetch(request)
  }
}

const unknownPeer: Peer = { address: "" }
