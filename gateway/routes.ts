/** The table of paths that mean something of their own, by method. Any other path is an event, by GET or HEAD. */
import type { RequestContext } from "./request-context.ts"

/** Answers an arrival. What it throws is answered from the table of errors. */
export type Handler = (context: RequestContext) => Response | Promise<Response>

/** Looks at an arrival before its handler does: an answer is given at once, undefined lets it through. */
export type Guard = (context: RequestContext) => Response | undefined | Promise<Response | undefined>

export interface Route {
  /** Its answers are for no web page, whatever CORS_ORIGINS says. */
  readonly isPrivate?: boolean
  /** A whole path; with a `*` at its end all paths that begin so; with one elsewhere, any one segment stands there. */
  readonly path: string
  /** HEAD is answered by GET. A GET without a handler is an event. */
  readonly GET?: Handler
  readonly POST?: Handler
  readonly PUT?: Handler
  readonly DELETE?: Handler
}

/**
 * Finds the route of a path: a whole path before a beginning, an earlier beginning before a later one. A slash at the
 * end of a path makes no other path, unless it is one that a route begins with.
 */
export type FindRoute = (path: string) => Route | undefined

export const routeTable = (routes: ReadonlyArray<Route>): FindRoute => {
  const whole = new Map<string, Route>()
  const beginnings: Array<{ readonly start: string; readonly end: string; readonly route: Route }> = []
  for (const route of routes) {
    const star = route.path.indexOf("*")
    if (star === -1) whole.set(route.path, route)
    else beginnings.push({ start: route.path.slice(0, star), end: route.path.slice(star + 1), route })
  }
  return (path) => {
    const bare = withoutSlash(path)
    const route = whole.get(bare)
    if (route !== undefined) return route
    for (const { start, end, route } of beginnings) {
      if (path.startsWith(start) && (end === "" || isSegmentBetween(bare, start, end))) return route
    }
    return undefined
  }
}

/** The path without one slash at its end; the root keeps its own. */
export const withoutSlash = <Path extends string>(path: Path): Path =>
  path.length > 1 && path.endsWith("/") ? (path.slice(0, -1) as Path) : path

const isSegmentBetween = (path: string, start: string, end: string): boolean => {
  const slash = path.indexOf("/", start.length)
  return slash > start.length && slash === path.length - end.length && path.endsWith(end)
}

/** The handler of a method there; undefined when it has none. */
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

/** What a route answers, like `POST /batch`. */
export const methodsOf = (route: Route): ReadonlyArray<string> =>
  (["GET", "POST", "PUT", "DELETE"] as const)
    .filter((method) => route[method] !== undefined)
    .map((method) => `${method} ${route.path}`)

/** What the `Allow` header says of a path. */
export const allowed = (route: Route | undefined): string => {
  const more = (["POST", "PUT", "DELETE"] as const).filter((method) => route?.[method] !== undefined)
  return ["GET", "HEAD", ...more].join(", ")
}

/** The first answer that one of the guards gives; undefined where there are none to ask. */
export const chainGuards = (guards: ReadonlyArray<Guard>): Guard | undefined => {
  if (guards.length === 0) return undefined
  return (context) => {
    for (const [place, guard] of guards.entries()) {
      const answer = guard(context)
      if (answer === undefined) continue
      if (answer instanceof Response) return answer
      const rest = chainGuards(guards.slice(place + 1))
      return answer.then((response) => response ?? rest?.(context))
    }
    return undefined
  }
}
