/**
 * Whether the way from here to the log is free: empty batches are sent through everybody that an event goes through,
 * and the last of them asks the log. Whatever failed before is tried again only when they have all come back, so that
 * an outage is not taken for the guilt of a batch. Lives as long as its inbox; keeps only when it may look again.
 */
import { Clock, Effect, Result } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { emptyDigest, newBatchId } from "../../../contracts/ids.ts"
import { Deadline } from "../deadline.ts"
import type { Mailbox } from "../mailbox.ts"
import { steadyMillis } from "../monotonic-clock.ts"
import type { BatchOutcome, Lines } from "./batch-outcome.ts"

/**
 * So many are sent at once, so many times: each takes whichever copy of an actor it meets, and one that hangs must be
 * met. With 8 alone one of 16 copies was missed at six looks out of ten, and its silence was then a suspect's guilt.
 */
const atOnce = 8
const rounds = 8

/** A round that takes longer than this is not free, and none is begun later than that after the first, milliseconds. */
const patience = 3_000
const roundsWithin = 1_000

/** How long to wait before looking again, milliseconds: doubling from the first to the longest. */
const firstPause = 250
const longestPause = 8_000

/** Has all the work it may take: it lives, and no more is said of the way. Under a long load somebody always does. */
const isBusy = ({ reason }: Failure): boolean => reason === "busy"

export interface Way {
  /** Looks, and says whether it is free now. Takes at most four seconds, never fails. */
  readonly isFree: Effect.Effect<boolean>
  /** How long until it should be looked at again, milliseconds; 0: now. */
  readonly wait: Effect.Effect<number>
}

export const makeWay = (mailbox: Mailbox<Lines, BatchOutcome>): Way => {
  let failures = 0
  let notBefore = 0

  const send = (now: number) =>
    mailbox
      .deliver({ id: newBatchId(), digest: emptyDigest, first: 0, claimed: now, lines: [] }, { events: 0 })
      .pipe(
        Effect.as(1),
        Effect.catchIf(isBusy, () => Effect.succeed(0))
      )

  const round = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.all(
      Array.from({ length: atOnce }, () => send(now)),
      { concurrency: "unbounded" }
    ).pipe(
      Effect.map((answered) => answered.reduce<number>((sum, one) => sum + one, 0)),
      Effect.provideService(Deadline, now + patience),
      Effect.timeout(patience)
    )
  )

  /** Round after round; at least as many as are in one must come back from the log, for whoever is busy did not ask it. */
  const look = Effect.gen(function* () {
    const until = (yield* steadyMillis) + roundsWithin
    let answered = yield* round
    for (let more = rounds - 1; more > 0 && (yield* steadyMillis) < until; more--) answered += yield* round
    if (answered < atOnce) return yield* new Failure({ reason: "busy", message: "all have too much to do" })
    return answered
  })

  return {
    isFree: Effect.gen(function* () {
      const outcome = yield* Effect.result(look)
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
