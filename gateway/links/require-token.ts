/**
 * Who may manage links: who has the token of LINKS_TOKEN. Whoever sends a wrong one too often has to wait, with the right
 * one too, so that nobody learns it by trying. Lives as long as the gateway.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { authThrottle } from "../http/auth-throttle.ts"
import { refuse } from "../http/errors.ts"
import type { RequestContext } from "../request-context.ts"

/** Answers an arrival that may not manage links; undefined for one that may. */
export type RequireToken = (context: RequestContext) => Response | undefined

/** `token` undefined: nobody may. */
export const requireToken = (token: string | undefined): RequireToken => {
  if (token === undefined) return () => refuse("not-found", "The API of links is off: set LINKS_TOKEN.")
  const right = digest(token)
  const guesses = authThrottle()

  return ({ request, address, now }) => {
    const left = guesses.wait(address, now)
    if (left > 0) {
      return refuse("too-many-requests", "Too many wrong tokens; wait before you try again.", {
        "retry-after": String(Math.ceil(left / 1000))
      })
    }
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1]
    if (given === undefined)
      return refuse("unauthorized", "Send the header Authorization: Bearer <token>.", ask)
    if (timingSafeEqual(digest(given), right)) return undefined
    guesses.count(address, now)
    return refuse("unauthorized", "This token is not the one of LINKS_TOKEN.", ask)
  }
}

const ask = { "www-authenticate": 'Bearer realm="links"' }

/** Of one length whatever the token's, so that comparing takes the same time. */
const digest = (token: string): Uint8Array => createHash("sha256").update(token).digest()
