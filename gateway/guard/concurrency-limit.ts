/**
 * Limits the requests of one address that are in flight at once. The connection guard counts connections, but behind a
 * proxy it does not know their clients. Lives as long as the gateway.
 */

import { refuse } from "../http/errors.ts"
import { networkOf } from "../http/network-prefix.ts"
import { anyOrigin } from "../http/responses.ts"
import type { RequestContext } from "../request-context.ts"
import type { CountRefused } from "./refusal-counter.ts"

/** Answers a request by calling `answer`, or refuses it. */
export type Middleware = (
  context: RequestContext,
  answer: () => Response | Promise<Response>
) => Response | Promise<Response>

/** The table has at most one entry per request in flight. */
export const limitInFlight = (maxInFlight: number, countRefused: CountRefused): Middleware => {
  const inFlight = new Map<string, number>()

  const finish = (network: string): void => {
    const left = (inFlight.get(network) ?? 1) - 1
    if (left === 0) inFlight.delete(network)
    else inFlight.set(network, left)
  }

  return async (context, answer) => {
    const network = networkOf(context.address)
    if (network === "") return answer()
    const before = inFlight.get(network) ?? 0
    if (before >= maxInFlight) {
      countRefused("requests-address")
      return refuse("too-many-requests", "Too many requests from this address are in flight.", anyOrigin)
    }
    inFlight.set(network, before + 1)
    try {
      return await answer()
    } finally {
      finish(network)
    }
  }
}
