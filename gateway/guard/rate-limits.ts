/**
 * Holding addresses and write keys to their rates, in this process; share-rates.ts of the gateway's actor tells other
 * gateways. Lives as long as the gateway.
 */

import type { ConsumeTokens } from "../accept-events.ts"
import { HttpError } from "../http/errors.ts"
import { networkOf } from "../http/network-prefix.ts"
import { anyOrigin } from "../http/responses.ts"
import type { RequestContext } from "../request-context.ts"
import type { Rate } from "./rate.ts"
import type { CountRefused } from "./refusal-counter.ts"
import { makeTokenBuckets, type TokenBuckets } from "./token-buckets.ts"

export interface RateSettings {
  readonly perAddress: Rate | undefined
  readonly perKey: Rate | undefined
  readonly isShared: boolean
  readonly countRefused: CountRefused
  /** Milliseconds that never go back. */
  readonly now: () => number
}

export interface RateLimits {
  readonly address: ConsumeTokens | undefined
  readonly key: ConsumeTokens | undefined
  /** The tables by name, for sharing them. */
  readonly tables: ReadonlyArray<readonly [name: string, buckets: TokenBuckets]>
}

export const rateLimits = (settings: RateSettings): RateLimits => {
  const { perAddress, perKey, isShared, countRefused, now } = settings
  const tables: Array<readonly [string, TokenBuckets]> = []

  const spend = (
    table: string,
    rate: Rate | undefined,
    reason: keyof typeof sentences,
    nameOf: (context: RequestContext) => string | undefined
  ): ConsumeTokens | undefined => {
    if (rate === undefined) return undefined
    const buckets = makeTokenBuckets(rate, { isShared })
    tables.push([table, buckets])
    return (context, events) => {
      const name = nameOf(context)
      const wait = name === undefined ? 0 : buckets.take(name, events, now())
      if (wait === 0) return undefined
      countRefused(reason)
      const retryAfter = String(Math.ceil(wait / 1000))
      return new HttpError("too-many-requests", sentences[reason], {
        "retry-after": retryAfter,
        ...anyOrigin
      })
    }
  }

  return {
    address: spend("address", perAddress, "rate-address", ({ address }) => networkOf(address) || undefined),
    key: spend("key", perKey, "rate-key", ({ key }) => key),
    tables
  }
}

const sentences = {
  "rate-address": "This address sends more events than it may; send the same again later.",
  "rate-key": "More events come with this write key than may; send the same again later."
}
