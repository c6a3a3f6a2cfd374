/**
 * The HTTP edge as a web-standard handler, assembled from its options. Plain code that runs on every runtime: `app.ts`
 * mounts it in Elysia for Bun and Deno, `serve.worker.ts` and `serve-edge.deno.ts` call it directly. Keeps no state.
 */
import { standardEventIdParam } from "../contracts/client-event-id.ts"
import type { ByteString } from "../contracts/event.ts"
import {
  type AcceptEvents,
  acceptEvents,
  type ConsumeTokens,
  type Privacy,
  type Push,
  type TraceOf
} from "./accept-events.ts"
import { type Dispatch, dispatcher, type OperationalHandler } from "./dispatch.ts"
import { type EdgeOptions, edgeRoute } from "./edge/lines.ts"
import { refuseEvent } from "./event-errors.ts"
import type { CountRejected } from "./formats/batch.ts"
import { idempotencyKey } from "./formats/idempotency-key.ts"
import { type FormatLimits, standardFormatLimits } from "./formats/limits.ts"
import { formatRoutes } from "./formats/routes.ts"
import type { Middleware } from "./guard/concurrency-limit.ts"
import type { SplitPathKey } from "./guard/extract-key.ts"
import {
  type AddressHeader,
  clientAddress,
  type FindAddress,
  type IsTrusted,
  trustedProxies
} from "./http/client-address.ts"
import { type Cors, openCors } from "./http/cors.ts"
import { refuse } from "./http/errors.ts"
import { icon, ok, robots, uncachedPixel } from "./http/responses.ts"
import { type LinkOptions, linkRoutes } from "./links/routes.ts"
import { openApi } from "./openapi/document.ts"
import type { Peer, RequestContext } from "./request-context.ts"
import { chainGuards, type Guard, type Handler, methodsOf, type Route, routeTable } from "./routes.ts"

export interface GatewayOptions {
  readonly push: Push
  /** Served at `/health/live`, `/health/ready` and `/metrics`, to anyone. Without `metrics`, `/metrics` answers 404. */
  readonly operations: {
    readonly live: OperationalHandler
    readonly ready: OperationalHandler
    readonly metrics?: OperationalHandler
  }
  readonly settings: {
    readonly trustedProxies: string
    /** Default: X-Forwarded-For. */
    readonly addressHeaders?: ReadonlySet<AddressHeader>
    readonly podName: string | undefined
    /** The name of the parameter for an event's own id. Default: the standard name. */
    readonly eventIdParam?: string
  }
  /** Default: the standard limits. */
  readonly bodyLimits?: FormatLimits
  /** Counts events that were rejected because of their content. */
  readonly countRejected?: CountRejected
  /** Counts each response that is not operational, by its status. */
  readonly countResponse?: (status: number) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Run in this order, before any handler. */
  readonly guards?: ReadonlyArray<Guard>
  /** Wraps the guards and the handler of each request. */
  readonly middleware?: Middleware | undefined
  readonly consumeTokens?: ConsumeTokens | undefined
  /** Splits a write key off a path, before the route is looked up; undefined where no write key is required. */
  readonly splitPathKey?: SplitPathKey | undefined
  /** Removes write keys from an event's query. */
  readonly withoutKey?: ((query: ByteString) => ByteString) | undefined
  readonly privacy?: Privacy | undefined
  /** Continues the traces of clients; undefined where they are not continued. */
  readonly traceOf?: TraceOf | undefined
  readonly cors?: Cors
  /** Campaign links; without them their paths are events like any other. */
  readonly links?: LinkOptions
  /** Lines of edges; undefined where none are taken: their path is then an event like any other. */
  readonly edge?: EdgeOptions | undefined
}

export interface GatewayApp {
  /** Never fails. */
  readonly fetch: (request: Request, client: Peer) => Response | Promise<Response>
  /** The methods and paths with a handler of their own, like `POST /batch`. */
  readonly meanings: ReadonlyArray<string>
}

/** A handler of requests; it never fails. */
export type Fetch = GatewayApp["fetch"]

/** Makes a handler of requests from the dispatcher, which may throw. */
export type Mount = (dispatch: Dispatch) => Fetch

/**
 * @example
 * ```ts
 * const gateway = gatewayHandler({
 *   push: async (line) => console.log(line),
 *   operations: { live: () => new Response("ok"), ready: () => new Response("ok") },
 *   settings: { trustedProxies: "none", podName: undefined },
 *   now: Date.now
 * })
 * await gateway.fetch(new Request("http://localhost/t/app_open?a=1"), { address: "203.0.113.9" })
 * ```
 */
export const gatewayHandler = (options: GatewayOptions, mount: Mount = plainly): GatewayApp => {
  const { push, settings, privacy, consumeTokens, withoutKey, traceOf, cors = openCors } = options
  const { podName, eventIdParam = standardEventIdParam } = settings
  const accept = acceptEvents({ push, podName, eventIdParam, privacy, withoutKey, consumeTokens, traceOf })
  const asEvent = pathEvent(accept)
  const isTrusted = trustedProxies(settings.trustedProxies)
  const routes = routesOf(options, isTrusted, accept, asEvent)
  const operational = operationalHandlers(options)
  const addressOf: FindAddress = (headers, peer) =>
    clientAddress(headers, peer, isTrusted, settings.addressHeaders)
  const fetch = mount(
    dispatcher({
      findRoute: routeTable(routes),
      operational,
      asEvent,
      guard: chainGuards(options.guards ?? []),
      middleware: options.middleware,
      splitPathKey: options.splitPathKey,
      cors,
      addressOf,
      countResponse: options.countResponse,
      now: options.now
    })
  )
  const meanings = [
    ...routes.flatMap(methodsOf),
    ...["/", "/apple-*.png", ...operational.keys()].map((path) => `GET ${path}`)
  ]
  const { narrow } = cors
  if (narrow === undefined) return { fetch, meanings }
  return { fetch: async (request, client) => narrow(request, await fetch(request, client)), meanings }
}

/** The dispatcher, with an error response instead of an exception. */
export const plainly: Mount = (dispatch) => (request, client) => {
  try {
    return dispatch(request, client)
  } catch (cause) {
    return refuseEvent(cause)
  }
}

const routesOf = (
  options: GatewayOptions,
  isTrusted: IsTrusted,
  accept: AcceptEvents,
  asEvent: Handler
): ReadonlyArray<Route> => {
  const { bodyLimits: limits = standardFormatLimits, countRejected = () => {}, links, edge } = options
  return [
    ...formatRoutes({ accept, limits, isTrusted, countRejected }),
    ...(links === undefined ? [] : linkRoutes(links, accept, limits, asEvent)),
    ...(edge === undefined ? [] : [edgeRoute(edge, limits)])
  ]
}

const operationalHandlers = (options: GatewayOptions): ReadonlyMap<string, OperationalHandler> => {
  const { operations, links, edge, bodyLimits = standardFormatLimits } = options
  const parts = { hasLinks: links !== undefined, hasEdge: edge !== undefined }
  return new Map([
    ["/favicon.ico", icon],
    ["/robots.txt", robots],
    ["/health/live", operations.live],
    ["/health/ready", operations.ready],
    ["/metrics", operations.metrics ?? noMetrics],
    ["/openapi.json", openApi(parts, bodyLimits.events)]
  ])
}

/** The event of any path: its type is the path, its parameters are the query. */
const pathEvent =
  (accept: AcceptEvents) =>
  (context: RequestContext): Promise<Response> => {
    const { path, query } = context.target
    const isGif = path.endsWith(".gif")
    const prefersImage = isGif || context.request.headers.get("accept")?.startsWith("image/") === true
    return accept
      .one(context, {
        path: isGif ? (path.slice(0, -".gif".length) as ByteString) : path,
        query,
        id: idempotencyKey(context.request.headers)
      })
      .then(prefersImage ? uncachedPixel : ok, refuseEvent)
  }

const noMetrics: OperationalHandler = () =>
  refuse(
    "not-found",
    "Metrics are served on OPS_PORT. To serve them on this port too, set GATEWAY_METRICS=true."
  )
