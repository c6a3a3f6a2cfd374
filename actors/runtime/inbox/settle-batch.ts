/**
 * Tries a claimed batch and settles it: acknowledges it when all its events are stored, dead-letters the rejected ones,
 * and releases or splits it when there is no receipt. Keeps no state.
 */
import { Buffer } from "node:buffer"
import { Clock, Effect, Schedule } from "effect"
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"
import type { Operation } from "../../../bridge/outage.ts"
import { accountsFor, type Receipt, type Rejection } from "../../../contracts/batch.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { CopyContent } from "../../../contracts/event-copy.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventId } from "../../../contracts/ids.ts"
import { leaseTime } from "../../../contracts/requests.ts"
import { type Topics, topicOf } from "../../transform/topics.ts"
import { Deadline } from "../deadline.ts"
import type { Mailbox } from "../mailbox.ts"
import type { Meter } from "../metrics.ts"
import type { PublishCopies } from "../publish/event-copies.ts"
import { type BatchOutcome, countsOf, type Lines } from "./batch-outcome.ts"
import type { QueueCounters } from "./queue-counters.ts"
import type { RetryDecision } from "./retry-policy.ts"

/** The dependencies of settling. */
export interface Settling {
  /** Fails when the process stops and its time to wait is over. */
  readonly outOfTime: Effect.Effect<never, Failure>
  readonly meter: Meter
  readonly counters: QueueCounters
  /** Settling, in the outages of the batch's queue server. */
  readonly onQueue: Operation
  readonly topics: Topics
  /** Publishes copies of the rejected events to subscribers. */
  readonly publishCopies: PublishCopies
}

/** The places of its lines in the batch as it was first claimed. */
const placesOf = ({ first, lines }: ClaimedBatch): ReadonlyArray<number> => lines.map((_, i) => first + i)

/** Delivers the batch to the actor. Succeeds with a receipt that accounts for each of its events, else fails. */
export const tryBatch = Effect.fnUntraced(function* (
  batch: ClaimedBatch,
  mailbox: Mailbox<Lines, BatchOutcome>
) {
  const deadline = (yield* Clock.currentTimeMillis) + leaseTime / 2
  return yield* mailbox.deliver(batch, { events: batch.lines.length, oldest: batch.claimed }).pipe(
    Effect.filterOrFail(
      ({ receipt }) => accountsFor(receipt, batch, placesOf(batch)),
      () =>
        new Failure({ reason: "crashed", message: "the receipt does not account for exactly these lines" })
    ),
    Effect.provideService(Deadline, deadline)
  )
})

/** Applies the decision about a batch that was not stored; it may be claimed again after `pauseMs`. Never fails. */
export const applyDecision = Effect.fnUntraced(function* (
  batch: ClaimedBatch,
  decision: RetryDecision,
  pauseMs: number,
  settling: Settling
) {
  switch (decision.kind) {
    case "retry":
      return yield* untilDone(batch.release(pauseMs, decision.counts), batch, "release", settling)
    case "split":
      if (decision.size < batch.lines.length)
        yield* Effect.logWarning("batch split to find the event that fails", { batch: batch.id })
      return yield* untilDone(batch.split(decision.size, decision.attempts), batch, "split", settling)
    case "poison":
      return yield* settle(
        batch,
        poisonOutcome(batch, decision.detail, settling.topics),
        decision.attempts,
        settling
      )
  }
})

/** The outcome of a batch of one poison event. No actor returned its topic, so its line is parsed here. */
const poisonOutcome = (
  { id, digest, first, lines }: ClaimedBatch,
  detail: string,
  topics: Topics
): BatchOutcome => {
  const rejected = lines.map(
    (line, i): Rejection => ({
      index: first + i,
      topic: topicOf(line, topics),
      stage: "enricher",
      reason: "crashed",
      detail
    })
  )
  return {
    receipt: { id, digest, stored: 0, placements: [], rejected },
    received: new Map(rejected.map(({ topic }) => [topic, 1]))
  }
}

/** Removes the batch from the queue after `attempts` attempts, with a dead letter for each rejected event. Never fails. */
export const settle = Effect.fnUntraced(function* (
  batch: ClaimedBatch,
  outcome: BatchOutcome,
  attempts: number,
  settling: Settling
) {
  const { meter, counters, publishCopies } = settling
  const letters = deadLetters(batch, outcome.receipt, attempts, yield* Clock.currentTimeMillis)
  for (const { reason } of letters) yield* meter.count("rejected", 1, reason)
  const counts = countsOf(outcome)
  const settlement =
    letters.length === 0
      ? batch.ack(counts, outcome.receipt.placements)
      : batch.deadLetter(letters, counts, outcome.receipt.placements)
  const isSettled = yield* untilDone(settlement, batch, "acknowledge", settling)
  if (isSettled !== true) return
  yield* counters.deadLettered(letters)
  yield* publishCopies("rejected", batch.id, outcome.receipt.rejected, rejectionOf(batch))
})

/**
 * How long to retry while the queue is unreachable, milliseconds: as long as a bridge caches its receipts. A batch that is
 * stored but not acknowledged is stored again, and the end of its lease counts as an attempt although the queue caused it.
 */
const settleTimeoutMs = 5 * 60_000

const retryPauses = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("500 millis")])

/**
 * Retries until the queue answers; when the process stops and its time is over, five times more. If that fails too, the
 * batch stays in flight until its lease ends and is then claimed again, which is safe.
 */
const untilDone = (
  settlement: Effect.Effect<boolean, Failure>,
  batch: ClaimedBatch,
  verb: string,
  { outOfTime, onQueue }: Settling
) => {
  const observed = settlement.pipe(
    Effect.tap(() => Effect.sync(onQueue.worked)),
    Effect.tapError(({ message }) => Effect.sync(() => onQueue.failed(message)))
  )
  const retry = (limit: { readonly duration: number } | { readonly times: number }) =>
    Effect.retry(observed, {
      schedule: Schedule.upTo(retryPauses, limit),
      while: (failure: Failure) => failure.retry
    })
  return Effect.raceFirst(
    retry({ duration: settleTimeoutMs }),
    Effect.catch(outOfTime, () => retry({ times: 5 }))
  ).pipe(
    Effect.catch((failure) =>
      Effect.logDebug(`cannot ${verb} batch: ${failure.message}`, { batch: batch.id })
    )
  )
}

const rejectionOf =
  ({ first, lines }: ClaimedBatch) =>
  ({ index, stage, reason, detail }: Rejection): CopyContent => ({
    line: lines[index - first] ?? ("" as ByteString),
    reason,
    by: stage,
    ...(detail === undefined ? {} : { detail })
  })

const deadLetters = (
  batch: ClaimedBatch,
  receipt: Receipt,
  attempts: number,
  now: number
): ReadonlyArray<DeadLetter> =>
  receipt.rejected.map(({ index, ...rejection }) => ({
    v: 1,
    id: eventId(batch.id, index),
    ...rejection,
    attempts,
    first: batch.claimed,
    last: now,
    line: Buffer.from(batch.lines[index - batch.first] ?? "", "latin1")
  }))
