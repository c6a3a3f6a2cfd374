/**
 * How many requests of one address may be under way at once. The door counts connections, but not whose
 * they are behind a proxy; a connection has one request under way at the most. Lives as long as the gateway.
 */

import { refuse } from "../http/errors.ts"
import { networkOf } from "../http/network-prefix.ts"
import { anyOrigin } from "../http/responses.ts"
import type { RequestContext } from "../request-context.ts"
import type { CountRefused } from "./refusal-counter.ts"

/** Answers an arrival by asking `answer`, or refuses it. */
export type Middleware = (
  context: RequestContext,
  answer: (context: RequestContext) => Response | Promise<Response>
) => Response | Promise<Response>

/** The table is as large as there are requests under way. */
export const limitInFlight = (most: number, countRefused: CountRefused): Middleware => {
  const underWay = new Map<string, number>()

  const done = (network: string): void => {
    const left = (underWay.get(network) ?? 1) - 1
    if (left === 0) underWay.delete(network)
    else underWay.set(network, left)
  }

  return (context, answer) => {
    const network = networkOf(context.address)
    if (network === "") return answer(context)
    const before = underWay.get(network) ?? 0
    if (before >= most) {
      countRefused("requests-address")
      return refuse("too-many-requests", "Too many requests of this address are under way.", anyOrigin)
    }
    underWay.set(network, before + 1)
    return finished(
      () => answer(context),
      () => done(network)
    )
  }
}

const finished = async (answer: () => Response | Promise<Response>, done: () => void): Promise<Response> => {
  try {
    return await answer()
  } finally {
    done()
  }
}
