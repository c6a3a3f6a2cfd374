/**
 * The HTTP edge: one Elysia app of plain web-standard handlers. A request about the gateway itself is answered first;
 * any other becomes an arrival, passes the guards, and goes to the handler of its route. Any GET or HEAD without one is
 * one event, answered when the queue has it. Most requests are events, so these go to the same handler without the
 * app's router, which costs a tenth of what they take. It keeps no state; serve.ts serves it.
 */
import { Elysia } from "elysia"
import { standardEventIdParam } from "../contracts/client-event-id.ts"
import type { ByteString } from "../contracts/event.ts"
import { acceptEvents, type ConsumeTokens, type Privacy, type Push } from "./accept-events.ts"
import type { CountRejected } from "./formats/batch.ts"
import { idempotencyKey } from "./formats/idempotency-key.ts"
import { formatRoutes } from "./formats/routes.ts"
import type { Middleware } from "./guard/concurrency-limit.ts"
import { closeConnection } from "./http/body/closing.ts"
import { type BodyLimits, standardBodyLimits } from "./http/body/limits.ts"
import type { FindAddress } from "./http/client-address.ts"
import { type AddressHeader, clientAddress, trustedProxies } from "./http/client-address.ts"
import { type Cors, openCors } from "./http/cors.ts"
import { refuse, refuseFailed } from "./http/errors.ts"
import { anyOrigin, icon, ok, robots, uncachedPixel } from "./http/responses.ts"
import { type Target, targetOf } from "./http/target.ts"
import { type LinkOptions, linkRoutes } from "./links/routes.ts"
import { openApi } from "./openapi/document.ts"
import { type Peer, type RequestContext, requestContextOf } from "./request-context.ts"
import {
  allowed,
  chainGuards,
  type Guard,
  type Handler,
  handlerOf,
  methodsOf,
  type Route,
  routeTable,
  withoutSlash
} from "./routes.ts"

/** The path and query of a request may weigh so many bytes. */
export const maxTargetBytes = 20_480

/** Answers a request that is about the gateway itself. */
export type OperationalHandler = () => Response | Promise<Response>

export interface GatewayOptions {
  readonly push: Push
  /** What stands at `/health/live`, `/health/ready` and `/metrics`, for anyone. Without `metrics` these are not given here. */
  readonly operations: {
    readonly live: OperationalHandler
    readonly ready: OperationalHandler
    readonly metrics?: OperationalHandler
  }
  readonly settings: {
    readonly trustedProxies: string
    /** X-Forwarded-For unless given. */
    readonly addressHeaders?: ReadonlySet<AddressHeader>
    readonly podName: string | undefined
    /** The parameter that an event's own id becomes; the standard one unless given. */
    readonly eventIdParam?: string
  }
  /** The standard ones unless given. */
  readonly bodyLimits?: BodyLimits
  /** Counts events that were refused for what they are. */
  readonly countRejected?: CountRejected
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Asked in this order, before any handler. */
  readonly guards?: ReadonlyArray<Guard>
  /** Answers each arrival by asking the guards and its handler, or refuses it. */
  readonly around?: Middleware | undefined
  readonly spend?: ConsumeTokens | undefined
  /** Takes write keys out of an event's query. */
  readonly withoutKey?: ((query: ByteString) => ByteString) | undefined
  readonly privacy?: Privacy | undefined
  readonly cors?: Cors
  /** Campaign links; without them their paths are events like any other. */
  readonly links?: LinkOptions
}

export interface GatewayApp {
  /** Never fails. */
  readonly fetch: (request: Request, client: Peer) => Response | Promise<Response>
  /** What means something of its own here, like `POST /batch`. */
  readonly meanings: ReadonlyArray<string>
}

export const gatewayApp = (options: GatewayOptions): GatewayApp => {
  const { push, operations, settings, now, privacy, around, spend, cors = openCors } = options
  const isTrusted = trustedProxies(settings.trustedProxies)
  const addressOf: FindAddress = (headers, peer) =>
    clientAddress(headers, peer, isTrusted, settings.addressHeaders)
  const { podName, eventIdParam = standardEventIdParam } = settings
  const { withoutKey } = options
  const take = acceptEvents({ push, podName, eventIdParam, privacy, withoutKey, spend })
  const guard = chainGuards(options.guards ?? [])
  const { bodyLimits: limits = standardBodyLimits, countRejected = () => {} } = options
  const routes: ReadonlyArray<Route> = [
    ...formatRoutes({ take, limits, isTrusted, countRejected }),
    ...(options.links === undefined
      ? []
      : linkRoutes(options.links, take, limits, (context) => takeEvent(context)))
  ]
  const findRoute = routeTable(routes)
  const named: ReadonlyMap<string, OperationalHandler> = new Map([
    ["/favicon.ico", icon],
    ["/robots.txt", robots],
    ["/health/live", operations.live],
    ["/health/ready", operations.ready],
    ["/metrics", operations.metrics ?? noMetrics],
    ["/openapi.json", openApi(options.links !== undefined, limits.events)]
  ])
  const meanings = [
    ...routes.flatMap(methodsOf),
    ...["/", "/apple-*.png", ...named.keys()].map((path) => `GET ${path}`)
  ]

  const operationAt = (target: Target): OperationalHandler | undefined => {
    if (target.path === "/") return target.query === "" ? ok : undefined
    const path = withoutSlash(target.path)
    if (path.startsWith("/apple-") && path.endsWith(".png") && !path.includes("/", 1)) return icon
    return named.get(path)
  }

  const takeEvent = (context: RequestContext): Promise<Response> => {
    const { path, query } = context.target
    const isGif = path.endsWith(".gif")
    const wantsImage = isGif || context.request.headers.get("accept")?.startsWith("image/") === true
    return take
      .one(context, {
        path: isGif ? (path.slice(0, -".gif".length) as ByteString) : path,
        query,
        id: idempotencyKey(context.request.headers)
      })
      .then(wantsImage ? uncachedPixel : ok, refuseEvent)
  }

  const answer = (context: RequestContext): Response | Promise<Response> => {
    const { method } = context.request
    const route = findRoute(context.target.path)
    const handler = handlerOf(route, method)
    if (handler !== undefined && route !== undefined) return toPages(handler, asRouted(context, route))
    if (isGetOrHead(method)) return takeEvent(context)
    const known = allowed(route)
    return refuse("method-not-allowed", `${method} means nothing here; there is ${known}.`, {
      allow: known,
      ...(context.request.body === null ? {} : closeConnection),
      ...anyOrigin
    })
  }

  const guarded = (context: RequestContext): Response | Promise<Response> => {
    const refusal = guard?.(context)
    if (refusal === undefined) return answer(context)
    if (refusal instanceof Response) return unread(context, refusal)
    return refusal.then(
      (response) => (response === undefined ? answer(context) : unread(context, response)),
      refuseEvent
    )
  }

  /** May throw; the promise never rejects. */
  const respond = (request: Request, peer: Peer): Response | Promise<Response> => {
    const target = targetOf(request.url)
    if (target.path.length + target.query.length >= maxTargetBytes) return tooLong()
    const operation = isGetOrHead(request.method) ? operationAt(target) : undefined
    if (operation !== undefined) return operated(operation())
    const isPrivate = findRoute(target.path)?.isPrivate === true
    const preflight = request.method === "OPTIONS" && !isPrivate ? cors.preflight(request) : undefined
    if (preflight !== undefined) return preflight
    const context = requestContextOf(request, target, peer, addressOf, now())
    if (context === undefined) return refuse("bad-request", "The Host header names no host.", anyOrigin)
    const answered = around === undefined ? guarded(context) : around(context, guarded)
    return isPrivate ? toNoPage(answered) : answered
  }

  const peers = new WeakMap<Request, Peer>()

  // One route: Elysia finds paths only behind host names of four letters and more; names in a cluster may be shorter.
  const app = new Elysia()
    .onError(({ error }) => refuseEvent(error))
    .all("*", ({ request }) => respond(request, peers.get(request) ?? unknownPeer), { parse: "none" })
    .compile()

  const fetch: GatewayApp["fetch"] = (request, client) => {
    if (!isGetOrHead(request.method)) {
      peers.set(request, client)
      return app.fetch(request)
    }
    try {
      return respond(request, client)
    } catch (cause) {
      return refuseEvent(cause)
    }
  }
  const { narrow } = cors
  if (narrow === undefined) return { fetch, meanings }
  return { fetch: async (request, client) => narrow(request, await fetch(request, client)), meanings }
}

const unknownPeer: Peer = { address: "" }

const isGetOrHead = (method: string): boolean => method === "GET" || method === "HEAD"

const operated = (answer: Response | Promise<Response>): Response | Promise<Response> =>
  answer instanceof Response ? answer : answer.catch(refuseEvent)

/** The answer to a request whose body nobody has read, and nobody will. */
const unread = ({ request }: RequestContext, response: Response): Response => {
  if (request.body !== null)
    for (const [name, value] of Object.entries(closeConnection)) response.headers.set(name, value)
  return response
}

/** The path as its route has it, without a slash behind; where a path ends as its sender likes, it stays as it is. */
const asRouted = (context: RequestContext, route: Route): RequestContext => {
  const { target } = context
  if (target.path.endsWith("/") && !route.path.endsWith("*")) {
    context.target = { ...target, path: withoutSlash(target.path) }
  }
  return context
}

/** A "no" of a handler may be read by any page: it says nothing but what the page did wrong. */
const toPages = (handler: Handler, context: RequestContext): Response | Promise<Response> => {
  const answer = handler(context)
  return answer instanceof Response ? toPage(answer) : answer.then(toPage, refuseEvent)
}

const toPage = (response: Response): Response => {
  if (response.status >= 400)
    for (const [name, value] of Object.entries(anyOrigin)) response.headers.set(name, value)
  return response
}

/** The answer for those who manage: no page may read it. */
const toNoPage = async (answer: Response | Promise<Response>): Promise<Response> => {
  const response = await answer
  for (const name of Object.keys(anyOrigin)) response.headers.delete(name)
  return response
}

const noMetrics: OperationalHandler = () =>
  refuse("not-found", "Metrics are served on OPS_PORT; GATEWAY_METRICS=true serves them here too.")

const refuseEvent = (cause: unknown): Response => refuseFailed(cause, anyOrigin)

const tooLong = (): Response =>
  refuse("uri-too-long", `The path and the query together must be under ${maxTargetBytes} bytes.`, anyOrigin)
