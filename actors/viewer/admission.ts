/** Which requests the viewer answers: the method, the name it is called by, who asks, and from which page. */
import { refuse } from "../../gateway/errors.ts"
import { hostOf } from "../../gateway/host.ts"
import { targetOf } from "../../gateway/target.ts"
import type { IsAllowed } from "./basic-auth.ts"
import { isLoopback } from "./settings.ts"

export interface AdmissionOptions {
  /** Undefined lets in everybody, but only under names of this machine. */
  readonly auth: IsAllowed | undefined
  /** The paths that take a POST, and nothing else; all others are for looking. */
  readonly posts: ReadonlySet<string>
}

/** Why a request is refused, or undefined for one that may go on. */
export type Admission = (request: Request) => Response | undefined

/**
 * Password and own host name keep strangers out; that a browser's request comes from a page of ours is asked for every
 * change and for the live socket, so that no other site can act in the name of who is logged in or merely nearby.
 */
export const admission =
  ({ auth, posts }: AdmissionOptions): Admission =>
  (request) => {
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
      return refuse("unauthorized", "Without a password the viewer answers to names of this machine alone.")
    }
    if (auth !== undefined && !auth(request)) return refuse("unauthorized", "Log in to look.", askToLogIn)
    if (isChange && !isOwnPage(request)) {
      return refuse("unauthorized", "Only the viewer's own page may change something: send its Origin.")
    }
    if (path.startsWith("/api/") && isForeignSite(request)) {
      return refuse("unauthorized", "Only the viewer's own page may ask.")
    }
    if (path === "/live" && originOf(request) === "foreign") {
      return refuse("unauthorized", "Only the viewer's own page may watch.")
    }
    return undefined
  }

const forEverybody: ReadonlySet<string> = new Set(["/health/live", "/health/ready", "/metrics"])

const askToLogIn = { "www-authenticate": 'Basic realm="Spoor viewer", charset="UTF-8"' }

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
const isForeignSite = (request: Request): boolean => {
  const site = request.headers.get("sec-fetch-site")
  return site !== null && site !== "same-origin" && site !== "none"
}
