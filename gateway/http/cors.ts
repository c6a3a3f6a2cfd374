/**
 * Which pages may read the gateway's answers (CORS). To send an event a page needs no leave: a GET, and a POST of text,
 * are simple requests. Answers that any page may read carry `anyOrigin`; where CORS_ORIGINS is a list, that is narrowed
 * to the origins on it. What is for no page (health, metrics, the links API) does not carry it and never gets it here.
 * A preflight answer allows the header names that the browser asks about: which of them a page may send is no secret.
 */
import { Failure } from "../../contracts/failure.ts"

export interface CorsSettings {
  /** `*`, or origins separated by commas: `https://shop.example`, `https://*.example.org`. */
  readonly corsOrigins: string
  readonly corsCredentials: boolean
  /** Names of headers, beside `standardHeaders`, that pages may send. */
  readonly headers?: ReadonlyArray<string>
}

export interface Cors {
  /** The answer to a browser that asks before it sends; undefined for an OPTIONS that is no such question. */
  readonly preflight: (request: Request) => Response | undefined
  /** Makes the answer fit the origin of its request; undefined where all answers are fit as they are. */
  readonly narrow: ((request: Request, answer: Response) => Response) | undefined
}

const origin = "access-control-allow-origin"

/** Request headers that trackers in pages send, and that browsers ask about. */
export const standardHeaders = [
  "Content-Type",
  "Content-Encoding",
  "Idempotency-Key",
  "Authorization",
  "X-Write-Key"
]

/**
 * Bounds of a preflight answer: at most so many requested header names are reflected, each of at most so many
 * characters, so that the answer stays below the 4 KiB that proxies take for all headers.
 */
export const maxRequestedNames = 48
export const maxNameLength = 64

/** How long a browser may keep the answer to its question, seconds (Firefox's longest; Chromium keeps it 2 hours). */
const maxAge = 86_400

/** Why CORS_ORIGINS cannot be read, as a sentence; undefined when it can. */
export const originsProblem = (list: string): string | undefined => {
  const bad = entriesOf(list).find((entry) => entry !== "*" && !/^https?:\/\/(\*\.)?[^\s/*@?#]+$/.test(entry))
  if (bad !== undefined) return `"${bad}" is no origin: write * or origins like https://shop.example.`
  const entries = entriesOf(list)
  return entries.includes("*") && entries.length > 1 ? "Beside * no other origin can stand." : undefined
}

/** Fails with `Failure` "misconfigured" for credentials without a list: any page could read what is another user's. */
export const corsOf = ({ corsOrigins, corsCredentials, headers = [] }: CorsSettings): Cors => {
  const isOpen = entriesOf(corsOrigins).includes("*")
  if (isOpen && corsCredentials) {
    throw new Failure({
      reason: "misconfigured",
      message:
        "CORS_CREDENTIALS needs CORS_ORIGINS to be a list of origins: with * any page could send cookies."
    })
  }
  const isListed = listed(entriesOf(corsOrigins))
  const ownNames = [...standardHeaders, ...headers]
  const isOwn = new Set(ownNames.map((name) => name.toLowerCase()))

  /** Our own names, then the others that the browser asks about: tracing and monitoring tools add theirs to any fetch. */
  const allowHeaders = (request: Request): string =>
    [...ownNames, ...requestedNames(request).filter((name) => !isOwn.has(name))].join(", ")

  const headersFor = (request: Request): Record<string, string> => {
    if (isOpen) return { [origin]: "*" }
    const asking = request.headers.get("origin")
    if (asking === null || !isListed(asking)) return { vary: "Origin" }
    return {
      [origin]: asking,
      vary: "Origin",
      ...(corsCredentials ? { "access-control-allow-credentials": "true" } : {})
    }
  }

  return {
    preflight: (request) => {
      if (!request.headers.has("origin") || !request.headers.has("access-control-request-method")) {
        return undefined
      }
      const allowed = headersFor(request)
      // Who names the origins knows which pages call a server inside a network; with * nobody has decided it.
      const isPrivate =
        !isOpen &&
        origin in allowed &&
        request.headers.get("access-control-request-private-network") === "true"
      return new Response(null, {
        status: 204,
        headers: {
          ...allowed,
          ...(origin in allowed
            ? {
                "access-control-allow-methods": "GET, HEAD, POST",
                "access-control-allow-headers": allowHeaders(request),
                "access-control-max-age": String(maxAge),
                vary: isOpen ? varyNames : `Origin, ${varyNames}`
              }
            : {}),
          ...(isPrivate ? { "access-control-allow-private-network": "true" } : {})
        }
      })
    },
    narrow: isOpen
      ? undefined
      : (request, answer) => {
          if (request.method === "OPTIONS" || !answer.headers.has(origin)) return answer
          answer.headers.delete(origin)
          for (const [name, value] of Object.entries(headersFor(request))) answer.headers.append(name, value)
          return answer
        }
  }
}

const varyNames = "Access-Control-Request-Headers"

/**
 * The header names that a browser asks about, in lower case, each once. Left out: what is not a token (RFC 9110), the
 * wildcard, names that are too long, and names beyond the bound.
 */
const requestedNames = (request: Request): ReadonlyArray<string> => {
  const asked = request.headers.get("access-control-request-headers")
  if (asked === null) return []
  const names = asked
    .split(",", 4 * maxRequestedNames)
    .map((name) => name.trim().toLowerCase())
    .filter(
      (name) => name.length <= maxNameLength && name !== "*" && /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)
    )
  return [...new Set(names)].slice(0, maxRequestedNames)
}

const entriesOf = (list: string): ReadonlyArray<string> =>
  list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")

/** Whole origins, and `scheme://*.domain` for all hosts below a domain (not the domain itself). */
const listed = (entries: ReadonlyArray<string>): ((asking: string) => boolean) => {
  const whole = new Set(entries)
  const below = entries
    .filter((entry) => entry.includes("://*."))
    .map((entry) => entry.split("*") as [scheme: string, domain: string])
  return (asking) => {
    const lower = asking.toLowerCase()
    if (lower.includes("*")) return false
    return whole.has(lower) || below.some(([scheme, domain]) => isBelow(lower, scheme, domain))
  }
}

const isBelow = (asking: string, scheme: string, domain: string): boolean =>
  asking.length > scheme.length + domain.length && asking.startsWith(scheme) && asking.endsWith(domain)

/** What holds when nothing is set: any page may read, without credentials. */
export const openCors: Cors = corsOf({ corsOrigins: "*", corsCredentials: false })
