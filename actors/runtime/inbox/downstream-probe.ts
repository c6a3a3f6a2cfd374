/**
 * Probes the path from the drainer to the log: sends empty batches through every actor on the path; the last one checks
 * the log. A poison candidate is tried only after a successful probe, so that an outage is not counted against its
 * batch. Lives as long as its inbox; its only state is when the next probe may start.
 */
import { Clock, Effect, Result } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { emptyDigest, newBatchId } from "../../../contracts/ids.ts"
import { Deadline } from "../deadline.ts"
import type { Mailbox } from "../mailbox.ts"
import { monotonicMillis } from "../monotonic-clock.ts"
import type { BatchOutcome, Lines } from "./batch-outcome.ts"
import type { DrainOutages } from "./drain-outages.ts"

/**
 * A probe sends `batchesPerRound` empty batches at once, `maxRounds` times. Each batch reaches an arbitrary instance of
 * an actor, and one hung instance must be found: with a single round of 8, one hung instance of 16 was missed by six
 * probes out of ten, and its silence was then counted against a poison candidate.
 */
const batchesPerRound = 8
const maxRounds = 8

/** A round that takes longer fails the probe, milliseconds. */
const roundTimeoutMs = 3_000

/** No round starts later than this after the first, milliseconds. */
const startRoundsWithinMs = 1_000

/** The pause after a failed probe doubles from the first value to the second, milliseconds. */
const firstPauseMs = 250
const maxPauseMs = 8_000

/**
 * A busy actor is alive but did not forward the batch, so it says nothing about the rest of the path. Under sustained
 * load some actor is always busy.
 */
const isBusy = ({ reason }: Failure): boolean => reason === "busy"

export interface DownstreamProbe {
  /** Probes now; true when the path works. Takes at most four seconds and never fails. */
  readonly isHealthy: Effect.Effect<boolean>
  /** Milliseconds until the next probe may start; 0: now. */
  readonly retryInMs: Effect.Effect<number>
}

export const makeDownstreamProbe = (
  mailbox: Mailbox<Lines, BatchOutcome>,
  outages: Pick<DrainOutages, "worked" | "probeFailed">
): DownstreamProbe => {
  let failures = 0
  let notBefore = 0

  const sendEmptyBatch = (now: number) =>
    mailbox
      .deliver({ id: newBatchId(), digest: emptyDigest, first: 0, claimed: now, lines: [] }, { events: 0 })
      .pipe(
        Effect.as(1),
        Effect.catchIf(isBusy, () => Effect.succeed(0))
      )

  const round = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.all(
      Array.from({ length: batchesPerRound }, () => sendEmptyBatch(now)),
      { concurrency: "unbounded" }
    ).pipe(
      Effect.map((answered) => answered.reduce<number>((sum, one) => sum + one, 0)),
      Effect.provideService(Deadline, now + roundTimeoutMs),
      Effect.timeout(roundTimeoutMs)
    )
  )

  /** Runs the rounds. At least one round's worth of batches must have reached the log; a busy actor forwards none. */
  const allRounds = Effect.gen(function* () {
    const until = (yield* monotonicMillis) + startRoundsWithinMs
    let answered = yield* round
    for (let left = maxRounds - 1; left > 0 && (yield* monotonicMillis) < until; left--)
      answered += yield* round
    if (answered < batchesPerRound)
      return yield* new Failure({ reason: "busy", message: "all actors on the path are busy" })
    return answered
  })

  return {
    isHealthy: Effect.gen(function* () {
      const outcome = yield* Effect.result(allRounds)
      if (Result.isSuccess(outcome)) {
        failures = 0
        notBefore = 0
        outages.worked()
        return true
      }
      const { failure } = outcome
      yield* outages.probeFailed(
        failure instanceof Failure ? failure : new Failure({ reason: "timeout", message: failure.message })
      )
      const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(failures, 10))
      failures += 1
      notBefore = (yield* monotonicMillis) + Math.round(pauseMs * (0.5 + Math.random() / 2))
      return false
    }),
    retryInMs: Effect.map(monotonicMillis, (now) => Math.max(0, notBefore - now))
  }
}
