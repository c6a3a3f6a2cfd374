/**
 * Dispatches a request: operational paths (health, icons, metrics), CORS preflight, guards, then the handler of its route.
 * The route is looked up once. Any other GET or HEAD is one event. Keeps no state.
 */

import { refuseEvent } from "./event-errors.ts"
import type { Middleware } from "./guard/concurrency-limit.ts"
import type { SplitPathKey } from "./guard/extract-key.ts"
import { closeConnection } from "./http/body/closing.ts"
import type { FindAddress } from "./http/client-address.ts"
import type { Cors } from "./http/cors.ts"
import { refuse } from "./http/errors.ts"
import { anyOrigin, icon, ok } from "./http/responses.ts"
import { type Target, targetOf } from "./http/target.ts"
import { type Peer, type RequestContext, requestContextOf } from "./request-context.ts"
import {
  allowed,
  type FindRoute,
  type Guard,
  type Handler,
  handlerOf,
  type Route,
  withoutSlash
} from "./routes.ts"

/** The path and query of a request must be smaller than this, bytes. */
export const maxTargetBytes = 20_480

/** Answers a request about the gateway itself, like a health check. */
export type OperationalHandler = () => Response | Promise<Response>

/** May throw; the promise never rejects. */
export type Dispatch = (request: Request, peer: Peer) => Response | Promise<Response>

export interface DispatchOptions {
  readonly findRoute: FindRoute
  readonly operational: ReadonlyMap<string, OperationalHandler>
  /** Accepts the event of any path. */
  readonly asEvent: Handler
  readonly guard: Guard | undefined
  readonly middleware: Middleware | undefined
  readonly splitPathKey: SplitPathKey | undefined
  readonly cors: Cors
  readonly addressOf: FindAddress
  /** Counts a response that is not operational, by its status. */
  readonly countResponse?: ((status: number) => void) | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export const dispatcher = (options: DispatchOptions): Dispatch => {
  const { findRoute, operational, middleware, splitPathKey, cors, addressOf, now } = options
  const answer = guarded(options.guard, options.asEvent)

  const answerEvent = (request: Request, peer: Peer, whole: Target): Response | Promise<Response> => {
    if (whole.path.length + whole.query.length >= maxTargetBytes) return targetTooLong()
    const keyed = splitPathKey?.(whole)
    const target = keyed?.target ?? whole
    const route = findRoute(target.path)
    const isPrivate = route?.isPrivate === true
    const preflight = request.method === "OPTIONS" && !isPrivate ? cors.preflight(request) : undefined
    if (preflight !== undefined) return preflight
    const context = requestContextOf(request, target, keyed?.pathKey, peer, addressOf, now())
    if (context === undefined) return refuse("bad-request", "The Host header is invalid.", anyOrigin)
    const answered =
      middleware === undefined ? answer(context, route) : middleware(context, () => answer(context, route))
    return isPrivate ? withoutAnyOrigin(answered) : answered
  }

  const answerCounted = counted(answerEvent, options.countResponse)
  return (request, peer) => {
    const whole = targetOf(request.url)
    const handler = isGetOrHead(request.method) ? operationalAt(operational, whole) : undefined
    return handler === undefined ? answerCounted(request, peer, whole) : operationalResponse(handler())
  }
}

type AnswerEvent = (request: Request, peer: Peer, target: Target) => Response | Promise<Response>

/** Counts each response when it is complete. */
const counted = (answer: AnswerEvent, count: ((status: number) => void) | undefined): AnswerEvent => {
  if (count === undefined) return answer
  const countOne = ({ status }: Response): void => count(status)
  return (request, peer, target) => {
    let answered: Response | Promise<Response>
    try {
      answered = answer(request, peer, target)
    } catch (cause) {
      answered = refuseEvent(cause)
    }
    if (answered instanceof Response) countOne(answered)
    // Not the promise that is returned: a response waits for no count.
    else void answered.then(countOne, ignored)
    return answered
  }
}

const ignored = (): void => {}

const operationalAt = (
  handlers: ReadonlyMap<string, OperationalHandler>,
  target: Target
): OperationalHandler | undefined => {
  if (target.path === "/") return target.query === "" ? ok : undefined
  const path = withoutSlash(target.path)
  if (path.startsWith("/apple-") && path.endsWith(".png") && !path.includes("/", 1)) return icon
  return handlers.get(path)
}

/** Runs the guard, then the route's handler; without a route or handler, GET and HEAD are events. */
const guarded = (guard: Guard | undefined, asEvent: Handler) => {
  const answer = (context: RequestContext, route: Route | undefined): Response | Promise<Response> => {
    const { method } = context.request
    const handler = handlerOf(route, method)
    if (handler !== undefined && route !== undefined) {
      return withReadableErrors(handler, withRoutePath(context, route))
    }
    return isGetOrHead(method) ? asEvent(context) : methodNotAllowed(context, route)
  }

  return (context: RequestContext, route: Route | undefined): Response | Promise<Response> => {
    const refusal = guard?.(context)
    if (refusal === undefined) return answer(context, route)
    if (refusal instanceof Response) return withBodyUnread(context, refusal)
    return refusal.then(
      (response) => (response === undefined ? answer(context, route) : withBodyUnread(context, response)),
      refuseEvent
    )
  }
}

export const isGetOrHead = (method: string): boolean => method === "GET" || method === "HEAD"

const operationalResponse = (response: Response | Promise<Response>): Response | Promise<Response> =>
  response instanceof Response ? response : response.catch(refuseEvent)

/** Closes the connection after a response to a request whose body is not read. */
const withBodyUnread = ({ request }: RequestContext, response: Response): Response => {
  if (request.body !== null)
    for (const [name, value] of Object.entries(closeConnection)) response.headers.set(name, value)
  return response
}

/** Removes the trailing slash of the path, except where the route takes any path with its prefix. */
const withRoutePath = (context: RequestContext, route: Route): RequestContext => {
  const { target } = context
  if (target.path.endsWith("/") && !route.path.endsWith("*")) {
    context.target = { ...target, path: withoutSlash(target.path) }
  }
  return context
}

/** Every page may read a handler's errors: they only say what is wrong with the request. */
const withReadableErrors = (handler: Handler, context: RequestContext): Response | Promise<Response> => {
  const response = handler(context)
  return response instanceof Response ? readableError(response) : response.then(readableError, refuseEvent)
}

const readableError = (response: Response): Response => {
  if (response.status >= 400)
    for (const [name, value] of Object.entries(anyOrigin)) response.headers.set(name, value)
  return response
}

/** A response that no page may read. */
const withoutAnyOrigin = async (answered: Response | Promise<Response>): Promise<Response> => {
  const response = await answered
  for (const name of Object.keys(anyOrigin)) response.headers.delete(name)
  return response
}

const methodNotAllowed = ({ request }: RequestContext, route: Route | undefined): Response => {
  const methods = allowed(route)
  return refuse("method-not-allowed", `${request.method} is not supported here; use ${methods}.`, {
    allow: methods,
    ...(request.body === null ? {} : closeConnection),
    ...anyOrigin
  })
}

const targetTooLong = (): Response =>
  refuse("uri-too-long", `The path and the query together must be under ${maxTargetBytes} bytes.`, anyOrigin)
