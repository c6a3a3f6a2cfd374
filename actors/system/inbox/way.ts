/**
 * Whether the way from here to the log is free: empty batches are sent through everybody that an event goes through,
 * and the last of them asks the log. Whatever failed before is tried again only when they have all come back, so that
 * an outage is not taken for the guilt of a batch. Lives as long as its inbox; keeps only when it may look again.
 */
import { Clock, Effect, Result } from "effect"
import { newBatchId } from "../../../contracts/ids.ts"
import { Deadline } from "../deadline.ts"
import type { Mailbox } from "../mailbox.ts"
import { steadyMillis } from "../steady.ts"
import type { Account, Lines } from "./account.ts"

/** So many are sent at once: each takes whichever copy of an actor it meets, and one that hangs should be met. */
const atOnce = 8

/** A way that takes longer than this is not free, milliseconds. */
const patience = 3_000

/** How long to wait before looking again, milliseconds: doubling from the first to the longest. */
const firstPause = 250
const longestPause = 8_000

export interface Way {
  /** Looks, and says whether it is free now. Takes at most three seconds, never fails. */
  readonly isFree: Effect.Effect<boolean>
  /** How long until it should be looked at again, milliseconds; 0: now. */
  readonly wait: Effect.Effect<number>
}

export const makeWay = (mailbox: Mailbox<Lines, Account>): Way => {
  let failures = 0
  let notBefore = 0

  const send = (now: number) =>
    mailbox.deliver({ id: newBatchId(), first: 0, claimed: now, lines: [] }, { events: 0 })

  return {
    isFree: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const all = Array.from({ length: atOnce }, () => send(now))
      const outcome = yield* Effect.all(all, { concurrency: "unbounded", discard: true }).pipe(
        Effect.provideService(Deadline, now + patience),
        Effect.timeout(patience),
        Effect.result
      )
      if (Result.isSuccess(outcome)) {
        failures = 0
        notBefore = 0
        return true
      }
      if (failures === 0) {
        yield* Effect.logWarning(
          `what failed before waits, for the way is not free: ${outcome.failure.message}`
        )
      }
      const pause = Math.min(longestPause, firstPause * 2 ** Math.min(failures, 10))
      failures += 1
      notBefore = (yield* steadyMillis) + Math.round(pause * (0.5 + Math.random() / 2))
      return false
    }),
    wait: Effect.map(steadyMillis, (now) => Math.max(0, notBefore - now))
  }
}
