/** The guards of the gateway in their order: the address's limit, so that nobody tries keys for long; the key; its limit. */
import type { ByteString } from "../../contracts/event.ts"
import type { ConsumeTokens } from "../accept-events.ts"
import { refuseFailed } from "../http/errors.ts"
import type { Guard } from "../routes.ts"
import { withoutKey } from "./extract-key.ts"
import type { RateLimits } from "./rate-limits.ts"
import type { CountRefused } from "./refusal-counter.ts"
import { requireWriteKey } from "./require-write-key.ts"
import type { FindKey } from "./write-keys.ts"

export interface Guards {
  readonly guards: ReadonlyArray<Guard>
  readonly spend: ConsumeTokens | undefined
  /** Takes write keys out of an event's query; undefined where no key is asked for. */
  readonly withoutKey: ((query: ByteString) => ByteString) | undefined
}

/** None where nothing is limited and no key is asked for. */
export const guardsOf = (
  { address, key }: RateLimits,
  find: FindKey | undefined,
  countRefused: CountRefused
): Guards => ({
  guards: [
    ...(address === undefined ? [] : [limited(address)]),
    ...(find === undefined ? [] : [requireWriteKey(find, countRefused)]),
    ...(key === undefined ? [] : [limited(key)])
  ],
  withoutKey: find === undefined ? undefined : withoutKey,
  spend:
    address === undefined || key === undefined
      ? (address ?? key)
      : (context, events) => address(context, events) ?? key(context, events)
})

/** Each request is one event; what a batch holds beyond that is spent when it has been read. */
const limited =
  (spend: ConsumeTokens): Guard =>
  (context) => {
    const refusal = spend(context, 1)
    return refusal === undefined ? undefined : refuseFailed(refusal)
  }
