/** The gateway's guards in order: rate limit per address (first, so that write keys cannot be guessed fast), write key, rate limit per key. */
import type { ByteString } from "../../contracts/event.ts"
import type { ConsumeTokens } from "../accept-events.ts"
import { refuse } from "../http/errors.ts"
import type { Guard } from "../routes.ts"
import { type SplitPathKey, splitPathKey, withoutKey } from "./extract-key.ts"
import type { RateLimits } from "./rate-limits.ts"
import type { CountRefused } from "./refusal-counter.ts"
import { requireWriteKey } from "./require-write-key.ts"
import type { FindKey } from "./write-keys.ts"

export interface Guards {
  readonly guards: ReadonlyArray<Guard>
  readonly consumeTokens: ConsumeTokens | undefined
  /** Splits a write key off a path; undefined where no key is required. */
  readonly splitPathKey: SplitPathKey | undefined
  /** Removes write keys from an event's query; undefined where no key is required. */
  readonly withoutKey: ((query: ByteString) => ByteString) | undefined
}

/** No guards when neither rate limits nor write keys are set. */
export const guardsOf = (
  { address, key }: RateLimits,
  find: FindKey | undefined,
  countRefused: CountRefused
): Guards => ({
  guards: [
    ...(address === undefined ? [] : [rateLimited(address)]),
    ...(find === undefined ? [] : [requireWriteKey(find, countRefused)]),
    ...(key === undefined ? [] : [rateLimited(key)])
  ],
  splitPathKey: find === undefined ? undefined : splitPathKey,
  withoutKey: find === undefined ? undefined : withoutKey,
  consumeTokens:
    address === undefined || key === undefined
      ? (address ?? key)
      : (context, events) => address(context, events) ?? key(context, events)
})

/** Charges one event per request; the other events of a batch are charged when its body was read. */
const rateLimited =
  (consumeTokens: ConsumeTokens): Guard =>
  (context) => {
    const error = consumeTokens(context, 1)
    return error === undefined ? undefined : refuse(error.code, error.message, error.headers)
  }
