/**
 * CORS: which pages may read responses. Sending needs no permission: a GET and a POST of text are simple requests.
 * Responses for any page have the header `anyOrigin`; when CORS_ORIGINS is a list, it is narrowed to those origins.
 * Responses without that header (health, metrics, private APIs) never get it here. A preflight response allows all header
 * names that the browser requests: which headers a page may send is not a secret.
 */
import { Failure } from "../../contracts/failure.ts"

export interface CorsSettings {
  /** `*`, or origins separated by commas: `https://shop.example`, `https://*.example.org`. */
  readonly corsOrigins: string
  readonly corsCredentials: boolean
  /** More header names that pages may send, besides `standardHeaders`. */
  readonly headers?: ReadonlyArray<string>
}

export interface Cors {
  /** The response to a preflight request; undefined for any other OPTIONS request. */
  readonly preflight: (request: Request) => Response | undefined
  /** Narrows a response to the origin of its request; undefined when responses need no change. */
  readonly narrow: ((request: Request, answer: Response) => Response) | undefined
}

const origin = "access-control-allow-origin"

/** Request headers that clients in pages send, and that browsers name in a preflight request. */
export const standardHeaders = [
  "Content-Type",
  "Content-Encoding",
  "Idempotency-Key",
  "Authorization",
  "X-Write-Key"
]

/**
 * Limits of a preflight response: the number of requested header names that are reflected, and the length of each,
 * characters. They keep the response below the 4 KiB that proxies allow for all headers.
 */
export const maxRequestedNames = 48
export const maxNameLength = 64

/** How long a browser may cache a preflight response, seconds (the maximum of Firefox; Chromium caps it at 2 hours). */
const maxAgeSeconds = 86_400

/** What is wrong with CORS_ORIGINS, as a sentence; undefined for a valid list. */
export const originsProblem = (list: string): string | undefined => {
  const bad = entriesOf(list).find((entry) => entry !== "*" && !/^https?:\/\/(\*\.)?[^\s/*@?#]+$/.test(entry))
  if (bad !== undefined) return `"${bad}" is not an origin: write * or origins like https://shop.example.`
  const entries = entriesOf(list)
  return entries.includes("*") && entries.length > 1
    ? "Use either * or a list of origins, not both."
    : undefined
}

/** Throws `Failure` "misconfigured" for credentials without a list: any page could then read another user's data. */
export const corsOf = ({ corsOrigins, corsCredentials, headers = [] }: CorsSettings): Cors => {
  const isOpen = entriesOf(corsOrigins).includes("*")
  if (isOpen && corsCredentials) {
    throw new Failure({
      reason: "misconfigured",
      message:
        "CORS_CREDENTIALS requires a list of origins in CORS_ORIGINS: with *, any page could send cookies."
    })
  }
  const isListed = listed(entriesOf(corsOrigins))
  const ownNames = [...standardHeaders, ...headers]
  const isOwn = new Set(ownNames.map((name) => name.toLowerCase()))

  /** The gateway's header names, then the others that the browser requests: tracing tools add headers to every fetch. */
  const allowHeaders = (request: Request): string =>
    [...ownNames, ...requestedNames(request).filter((name) => !isOwn.has(name))].join(", ")

  const headersFor = (request: Request): Record<string, string> => {
    if (isOpen) return { [origin]: "*" }
    const requestOrigin = request.headers.get("origin")
    if (requestOrigin === null || !isListed(requestOrigin)) return { vary: "Origin" }
    return {
      [origin]: requestOrigin,
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
      // Only an explicit list of origins is a decision to let these pages reach a private network.
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
                "access-control-max-age": String(maxAgeSeconds),
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
 * The header names that a browser requests, in lower case, without duplicates. Omitted: invalid tokens (RFC 9110), the
 * wildcard, names over the length limit, and names over the count limit.
 */
const requestedNames = (request: Request): ReadonlyArray<string> => {
  const requested = request.headers.get("access-control-request-headers")
  if (requested === null) return []
  const names = requested
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

/** Matches exact origins, and `scheme://*.domain` for the subdomains of a domain (not the domain itself). */
const listed = (entries: ReadonlyArray<string>): ((requestOrigin: string) => boolean) => {
  const whole = new Set(entries)
  const below = entries
    .filter((entry) => entry.includes("://*."))
    .map((entry) => entry.split("*") as [scheme: string, domain: string])
  return (requestOrigin) => {
    const lower = requestOrigin.toLowerCase()
    if (lower.includes("*")) return false
    return whole.has(lower) || below.some(([scheme, domain]) => isBelow(lower, scheme, domain))
  }
}

const isBelow = (requestOrigin: string, scheme: string, domain: string): boolean =>
  requestOrigin.length > scheme.length + domain.length &&
  requestOrigin.startsWith(scheme) &&
  requestOrigin.endsWith(domain)

/** The default: any page may read, without credentials. */
export const openCors: Cors = corsOf({ corsOrigins: "*", corsCredentials: false })
