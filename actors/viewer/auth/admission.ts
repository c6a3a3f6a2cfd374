/** Decides which requests the viewer serves: by method, host name, credentials and the page that sent them. */

import { authThrottle } from "../../../gateway/http/auth-throttle.ts"
import { refuse } from "../../../gateway/http/errors.ts"
import { hostOf } from "../../../gateway/http/host.ts"
import { targetOf } from "../../../gateway/http/target.ts"
import { isLoopback } from "../../inspect/viewer-settings.ts"
import type { Credentials } from "./credentials.ts"
import type { Tickets } from "./tickets.ts"

export interface AdmissionOptions {
  /** Undefined admits everybody, but only under a loopback host name. */
  readonly auth: Credentials | undefined
  /** The paths that accept POST only, and those that accept PUT only; all others accept GET and HEAD only. */
  readonly postPaths: ReadonlySet<string>
  readonly putPaths: ReadonlySet<string>
  /** Tickets that open the live WebSocket. */
  readonly tickets: Tickets
}

/** The response that refuses a request, or undefined to serve it. `address` is the client's address. */
export type Admission = (request: Request, address: string) => Response | undefined

/** Whether the request opens the live WebSocket; otherwise the same path is the event stream. */
export const wantsSocket = ({ url, headers }: Request): boolean =>
  targetOf(url).path === "/live" && headers.get("upgrade")?.toLowerCase() === "websocket"

/**
 * Credentials and the host check keep strangers out. Changes, the API and the live socket are also checked for their
 * origin, so that no other site can act with the rights of a user who is logged in or on the same machine.
 */
export const admission = ({ auth, postPaths, putPaths, tickets }: AdmissionOptions): Admission => {
  const authenticate = auth === undefined ? (): undefined => undefined : authentication(auth)
  return (request, address) => {
    const { path } = targetOf(request.url)
    const change = postPaths.has(path) ? "POST" : putPaths.has(path) ? "PUT" : undefined
    const isChange = change !== undefined
    const allowed = isChange ? [change] : ["GET", "HEAD"]
    if (!allowed.includes(request.method)) {
      const message = `This path accepts ${allowed.join(" and ")} only.`
      return refuse("method-not-allowed", message, { allow: allowed.join(", ") })
    }
    const host = hostOf(request.headers.get("host"))
    if (host === undefined || host === "") return refuse("bad-request", "Invalid or missing Host header.")
    if (publicPaths.has(path)) return undefined
    if (auth === undefined && !isLoopback(host)) {
      return refuse(
        "unauthorized",
        "Without VIEWER_PASSWORD or VIEWER_TOKEN the viewer serves loopback host names only."
      )
    }
    if (wantsSocket(request)) return socketRefusal(request, tickets)
    const refused = authenticate(request, address)
    if (refused !== undefined) return refused
    if (isChange && !isOwnPage(request)) {
      return refuse(
        "unauthorized",
        "Changes are accepted from the viewer's own pages only: send their Origin header."
      )
    }
    if ((path === "/live" || path.startsWith("/api/")) && isForeign(request)) {
      return refuse("unauthorized", "Requests from pages of other sites are refused.")
    }
    return undefined
  }
}

/** Refuses requests without valid credentials, and throttles addresses that sent wrong ones. */
export const authentication = (auth: Credentials): Admission => {
  const guesses = authThrottle()
  const challenge = { "www-authenticate": auth.challenge }
  return (request, address) => {
    const now = performance.now()
    const waitMs = guesses.wait(address, now)
    if (waitMs > 0) {
      return refuse("too-many-requests", "Too many wrong passwords: wait before the next attempt.", {
        "retry-after": String(Math.ceil(waitMs / 1_000))
      })
    }
    const result = auth.check(request)
    if (result === "right") return undefined
    if (result === "wrong") guesses.count(address, now)
    return refuse("unauthorized", "Valid credentials are required.", challenge)
  }
}

/** The client was authenticated when its ticket was issued. */
const socketRefusal = (request: Request, tickets: Tickets): Response | undefined => {
  if (originOf(request) === "foreign") {
    return refuse("unauthorized", "The live socket is open to the viewer's own pages only.")
  }
  const ticket = new URL(request.url, "http://viewer").searchParams.get("ticket") ?? ""
  return tickets.redeem(ticket)
    ? undefined
    : refuse("unauthorized", "Open the live socket with a fresh ticket from POST /api/ticket.")
}

/** Served without credentials and under any host name. */
const publicPaths: ReadonlySet<string> = new Set(["/health/live", "/health/ready"])

/** Browsers send the page's origin with every POST and every WebSocket; other clients need not. */
const originOf = (request: Request): "own" | "foreign" | "unnamed" => {
  const origin = request.headers.get("origin")
  if (origin === null) return "unnamed"
  const isOwn = URL.canParse(origin) && new URL(origin).host === request.headers.get("host")
  return isOwn ? "own" : "foreign"
}

const isOwnPage = (request: Request): boolean => {
  const site = request.headers.get("sec-fetch-site")
  return originOf(request) === "own" && (site === null || site === "same-origin")
}

/** Did a page of another site send it? A `sec-fetch-site` of `none` is an address typed by a person. */
export const isForeign = (request: Request): boolean => {
  const site = request.headers.get("sec-fetch-site")
  return originOf(request) === "foreign" || (site !== null && site !== "same-origin" && site !== "none")
}
