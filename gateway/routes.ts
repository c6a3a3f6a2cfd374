/**
 * The table of paths with a handler of their own, by method. Every other path is an event, by GET or HEAD.
 *
 * @example A route that counts what is posted to it:
 * ```ts
 * const counted: Route = {
 *   path: "/count/*",
 *   POST: async ({ request, target }) => {
 *     const size = await readBody(request, (bytes) => bytes.byteLength)
 *     return Response.json({ path: target.path, size })
 *   }
 * }
 * routeTable([counted])("/count/a")?.POST
 * ```
 */
import type { RequestContext } from "./request-context.ts"

/** Answers a request. An exception becomes an error response (`event-errors.ts`). */
export type Handler = (context: RequestContext) => Response | Promise<Response>

/** Runs before the handler: a response ends the request, undefined lets it continue. */
export type Guard = (context: RequestContext) => Response | undefined | Promise<Response | undefined>

export interface Route {
  /** No web page may read its responses, whatever CORS_ORIGINS says. */
  readonly isPrivate?: boolean
  /** An exact path; with `*` at its end every path with that prefix; with `*` elsewhere, any one segment in its place. */
  readonly path: string
  /** HEAD is answered by GET. Without this handler a GET is an event. */
  readonly GET?: Handler
  readonly POST?: Handler
  readonly PUT?: Handler
  readonly DELETE?: Handler
}

/**
 * Finds the route of a path: exact paths first, then prefixes in the order of the table. One trailing slash is ignored,
 * except where it is part of a prefix.
 */
export type FindRoute = (path: string) => Route | undefined

export const routeTable = (routes: ReadonlyArray<Route>): FindRoute => {
  const exact = new Map<string, Route>()
  const prefixes: Array<{ readonly prefix: string; readonly suffix: string; readonly route: Route }> = []
  for (const route of routes) {
    const star = route.path.indexOf("*")
    if (star === -1) exact.set(route.path, route)
    else prefixes.push({ prefix: route.path.slice(0, star), suffix: route.path.slice(star + 1), route })
  }
  return (path) => {
    const bare = withoutSlash(path)
    const route = exact.get(bare)
    if (route !== undefined) return route
    for (const { prefix, suffix, route } of prefixes) {
      if (path.startsWith(prefix) && (suffix === "" || isSegmentBetween(bare, prefix, suffix))) return route
    }
    return undefined
  }
}

/** The path without one trailing slash; the root stays `/`. */
export const withoutSlash = <Path extends string>(path: Path): Path =>
  path.length > 1 && path.endsWith("/") ? (path.slice(0, -1) as Path) : path

const isSegmentBetween = (path: string, prefix: string, suffix: string): boolean => {
  const slash = path.indexOf("/", prefix.length)
  return slash > prefix.length && slash === path.length - suffix.length && path.endsWith(suffix)
}

/** The handler for a method; undefined when the route has none. */
export const handlerOf = (route: Route | undefined, method: string): Handler | undefined => {
  switch (method) {
    case "GET":
    case "HEAD":
      return route?.GET
    case "POST":
      return route?.POST
    case "PUT":
      return route?.PUT
    case "DELETE":
      return route?.DELETE
    default:
      return undefined
  }
}

/** The methods that a route handles, like `POST /batch`. */
export const methodsOf = (route: Route): ReadonlyArray<string> =>
  (["GET", "POST", "PUT", "DELETE"] as const)
    .filter((method) => route[method] !== undefined)
    .map((method) => `${method} ${route.path}`)

/** The value of the `Allow` header for a path. */
export const allowed = (route: Route | undefined): string => {
  const more = (["POST", "PUT", "DELETE"] as const).filter((method) => route?.[method] !== undefined)
  return ["GET", "HEAD", ...more].join(", ")
}

/** Runs guards in order until one responds; undefined when there are none. */
export const chainGuards = (guards: ReadonlyArray<Guard>): Guard | undefined => {
  if (guards.length === 0) return undefined
  return (context) => {
    for (const [index, guard] of guards.entries()) {
      const outcome = guard(context)
      if (outcome === undefined) continue
      if (outcome instanceof Response) return outcome
      const rest = chainGuards(guards.slice(index + 1))
      return outcome.then((response) => response ?? rest?.(context))
    }
    return undefined
  }
}
