/**
 * Rate limits for addresses and write keys, in this process. `actors/gateway/sync-rate-limits.ts` shares them with other
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
  /** A monotonic clock, milliseconds. */
  readonly now: () => number
}

export interface RateLimits {
  readonly address: ConsumeTokens | undefined
  readonly key: ConsumeTokens | undefined
  /** The buckets by name, to share them with other gateways. */
  readonly tables: ReadonlyArray<readonly [name: string, buckets: TokenBuckets]>
}

export const rateLimits = (settings: RateSettings): RateLimits => {
  const { perAddress, perKey, isShared, countRefused, now } = settings
  const tables: Array<readonly [string, TokenBuckets]> = []

  const limit = (
    table: string,
    rate: Rate | undefined,
    reason: keyof typeof messages,
    nameOf: (context: RequestContext) => string | undefined
  ): ConsumeTokens | undefined => {
    if (rate === undefined) return undefined
    const buckets = makeTokenBuckets(rate, { isShared })
    tables.push([table, buckets])
    return (context, events) => {
      const name = nameOf(context)
      const waitMs = name === undefined ? 0 : buckets.take(name, events, now())
      if (waitMs === 0) return undefined
      countRefused(reason)
      const retryAfter = String(Math.ceil(waitMs / 1000))
      return new HttpError("too-many-requests", messages[reason], {
        "retry-after": retryAfter,
        ...anyOrigin
      })
    }
  }

  return {
    address: limit("address", perAddress, "rate-address", ({ address }) => networkOf(address) || undefined),
    key: limit("key", perKey, "rate-key", ({ key }) => key),
    tables
  }
}

const messages = {
  "rate-address": "This address exceeds its rate limit; repeat the request after Retry-After.",
  "rate-key": "This write key exceeds its rate limit; repeat the request after Retry-After."
}
