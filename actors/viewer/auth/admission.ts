/** Which requests the viewer answers: the method, the name it is called by, who asks, and from which page. */

import { authThrottle } from "../../../gateway/http/auth-throttle.ts"
import { refuse } from "../../../gateway/http/errors.ts"
import { hostOf } from "../../../gateway/http/host.ts"
import { targetOf } from "../../../gateway/http/target.ts"
import { isLoopback } from "../../inspect/viewer-settings.ts"
import type { Credentials } from "./credentials.ts"
import type { Tickets } from "./tickets.ts"

export interface AdmissionOptions {
  /** Undefined lets in everybody, but only under names of this machine. */
  readonly auth: Credentials | undefined
  /** The paths that take a POST, and nothing else; all others are for looking. */
  readonly posts: ReadonlySet<string>
  /** What the live socket is opened with. */
  readonly tickets: Tickets
}

/** Why a request is refused, or undefined for one that may go on. `address` is the client's. */
export type Admission = (request: Request, address: string) => Response | undefined

/** Does the request want the live socket, and not the stream under the same address? */
export const wantsSocket = ({ url, headers }: Request): boolean =>
  targetOf(url).path === "/live" && headers.get("upgrade")?.toLowerCase() === "websocket"

/**
 * Password, token and own host name keep strangers out; that a browser's request comes from a page of ours is asked for
 * every change and for the live socket, so that no other site can act in the name of who is logged in or merely nearby.
 */
export const admission = ({ auth, posts, tickets }: AdmissionOptions): Admission => {
  const asked = auth === undefined ? (): undefined => undefined : knowing(auth)
  return (request, address) => {
    const { path } = targetOf(request.url)
    const isChange = posts.has(path)
    const allowed = isChange ? ["POST"] : ["GET", "HEAD"]
    if (!allowed.includes(request.method)) {
      const sentence = isChange ? "This is changed with POST." : "There is nothing to change here."
      return refuse("method-not-allowed", sentence, { allow: allowed.join(", ") })
    }
    const host = hostOf(request.headers.get("host"))
    if (host === undefined || host === "") return refuse("bad-request", "The Host header names no host.")
    if (forEverybody.has(path)) return undefined
    if (auth === undefined && !isLoopback(host)) {
      return refuse(
        "unauthorized",
        "Without a password or token the viewer answers to names of this machine alone."
      )
    }
    if (wantsSocket(request)) return socketRefusal(request, tickets)
    const refused = asked(request, address)
    if (refused !== undefined) return refused
    if (isChange && !isOwnPage(request)) {
      return refuse("unauthorized", "Only the viewer's own page may change something: send its Origin.")
    }
    if ((path === "/live" || path.startsWith("/api/")) && isForeign(request)) {
      return refuse("unauthorized", "Only the viewer's own page may ask.")
    }
    return undefined
  }
}

/** Refuses those who do not know the secret, and for a while those who guess. */
const knowing = (auth: Credentials): Admission => {
  const guesses = authThrottle()
  const asking = { "www-authenticate": auth.challenge }
  return (request, address) => {
    const now = performance.now()
    const wait = guesses.wait(address, now)
    if (wait > 0) {
      return refuse("too-many-requests", "Too many wrong passwords; wait before you try again.", {
        "retry-after": String(Math.ceil(wait / 1_000))
      })
    }
    const verdict = auth.verdictOn(request)
    if (verdict === "right") return undefined
    if (verdict === "wrong") guesses.count(address, now)
    return refuse("unauthorized", "Log in to look.", asking)
  }
}

/** Whoever has a ticket was let in when it was given out. */
const socketRefusal = (request: Request, tickets: Tickets): Response | undefined => {
  if (originOf(request) === "foreign") {
    return refuse("unauthorized", "Only the viewer's own page may watch.")
  }
  const ticket = new URL(request.url, "http://viewer").searchParams.get("ticket") ?? ""
  return tickets.redeem(ticket)
    ? undefined
    : refuse("unauthorized", "Open the socket with a fresh ticket of POST /api/ticket.")
}

const forEverybody: ReadonlySet<string> = new Set(["/health/live", "/health/ready"])

/** Browsers name the origin of the page with every POST and every socket; tools that are no browser need not. */
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

/** `none` is a person who typed the address. */
const isForeign = (request: Request): boolean => {
  const site = request.headers.get("sec-fetch-site")
  return originOf(request) === "foreign" || (site !== null && site !== "same-origin" && site !== "none")
}
