/**
 * Authorises clients of the links API by the token of LINKS_TOKEN. A network that sent too many wrong tokens must wait, even
 * with the right token, so that it cannot be found by trying. Lives as long as the gateway.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { authThrottle } from "../http/auth-throttle.ts"
import { refuse } from "../http/errors.ts"
import type { RequestContext } from "../request-context.ts"

/** The error response for an unauthorised request; undefined for an authorised one. */
export type RequireToken = (context: RequestContext) => Response | undefined

/** `token` undefined: the API is off; a function: the token of the moment, which may be replaced. */
export const requireToken = (token: string | (() => string) | undefined): RequireToken => {
  if (token === undefined) return () => refuse("not-found", "The links API is off: set LINKS_TOKEN.")
  const expected = typeof token === "string" ? digest(token) : undefined
  const expectedNow = (): Uint8Array => expected ?? digest(typeof token === "string" ? token : token())
  const throttle = authThrottle()

  return ({ request, address, now }) => {
    const waitMs = throttle.wait(address, now)
    if (waitMs > 0) return tooManyTries(waitMs)
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1]
    if (given === undefined) {
      return refuse("unauthorized", "Send the header Authorization: Bearer <token>.", authenticate)
    }
    if (timingSafeEqual(digest(given), expectedNow())) return undefined
    throttle.count(address, now)
    return refuse("unauthorized", "The token does not match LINKS_TOKEN.", authenticate)
  }
}

/** The response to a network that has sent too many wrong secrets and must wait, milliseconds. */
export const tooManyTries = (waitMs: number): Response =>
  refuse("too-many-requests", "Too many wrong tokens; try again after Retry-After.", {
    "retry-after": String(Math.ceil(waitMs / 1000))
  })

const authenticate = { "www-authenticate": 'Bearer realm="links"' }

/** A digest has the same length for every token, so that the comparison takes constant time. */
const digest = (token: string): Uint8Array => createHash("sha256").update(token).digest()
