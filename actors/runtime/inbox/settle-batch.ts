/**
 * How a claimed batch is tried and settled: acknowledged when all its events are stored, set aside with dead letters
 * when some were rejected, given back or taken apart when there is no receipt.
 */
import { Buffer } from "node:buffer"
import { Clock, Effect, Schedule } from "effect"
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"
import { accountsFor, type Receipt, type Rejection } from "../../../contracts/batch.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Seen } from "../../../contracts/event-copy.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventId } from "../../../contracts/ids.ts"
import { leaseTime } from "../../../contracts/requests.ts"
import { type Topics, topicOf } from "../../transform/topics.ts"
import { Deadline } from "../deadline.ts"
import type { Mailbox } from "../mailbox.ts"
import type { Meter } from "../metrics.ts"
import type { Show } from "../publish/event-copies.ts"
import { type BatchOutcome, countsOf, type Lines } from "./batch-outcome.ts"
import type { RetryDecision } from "./retry-policy.ts"

/** What settling needs beside the batch. */
export interface Settling {
  /** Fails when the process stops and can wait no longer. */
  readonly outOfTime: Effect.Effect<never, Failure>
  readonly meter: Meter
  readonly topics: Topics
  /** Shows people who look what is set aside. */
  readonly show: Show
}

/** The places of its lines in the batch as first claimed. */
const placesOf = ({ first, lines }: ClaimedBatch): ReadonlyArray<number> => lines.map((_, i) => first + i)

/** What the actor makes of the batch: a receipt for every one of its events, or why there is none. */
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

/** Does what was decided of a batch that was not handled; `pause` in milliseconds. Never fails. */
export const applyDecision = Effect.fnUntraced(function* (
  batch: ClaimedBatch,
  verdict: RetryDecision,
  pause: number,
  settling: Settling
) {
  switch (verdict.kind) {
    case "again":
      return yield* untilDone(batch.release(pause, verdict.counts), batch, "give back", settling.outOfTime)
    case "apart":
      if (verdict.size < batch.lines.length)
        yield* Effect.logWarning("batch taken apart to find the event it fails on", { batch: batch.id })
      return yield* untilDone(
        batch.split(verdict.size, verdict.attempts),
        batch,
        "take apart",
        settling.outOfTime
      )
    case "guilty":
      return yield* settle(batch, givenUp(batch, verdict.detail, settling.topics), verdict.attempts, settling)
  }
})

/** The account of a single event that is given up. Nobody else read its line, so it is read here for its topic. */
const givenUp = (
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

/**
 * Lets the batch go after so many attempts: acknowledged, or set aside with dead letters for what was rejected. Never
 * fails.
 */
export const settle = Effect.fnUntraced(function* (
  batch: ClaimedBatch,
  account: BatchOutcome,
  attempts: number,
  { meter, outOfTime, show }: Settling
) {
  const letters = deadLetters(batch, account.receipt, attempts, yield* Clock.currentTimeMillis)
  for (const { reason } of letters) yield* meter.count("rejected", 1, reason)
  const counts = countsOf(account)
  const settlement =
    letters.length === 0
      ? batch.ack(counts, account.receipt.placements)
      : batch.deadLetter(letters, counts, account.receipt.placements)
  const isOurs = yield* untilDone(settlement, batch, "acknowledge", outOfTime)
  if (isOurs === true) yield* show("rejected", batch.id, account.receipt.rejected, rejectionOf(batch))
})

/**
 * How long a queue that is away is waited for, milliseconds: as long as a bridge remembers what it stored. A batch that
 * is stored and never let go is stored again, and the end of its lease counts as an attempt, though only the queue is to
 * blame.
 */
const patience = 5 * 60_000

const pauses = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("500 millis")])

/**
 * Tries until the queue answers; when the process stops and is out of time, a few times more. What still fails is left
 * to the end of the lease, which is safe: the batch comes again.
 */
const untilDone = (
  settlement: Effect.Effect<boolean, Failure>,
  batch: ClaimedBatch,
  what: string,
  outOfTime: Effect.Effect<never, Failure>
) => {
  const again = (limit: { readonly duration: number } | { readonly times: number }) =>
    Effect.retry(settlement, {
      schedule: Schedule.upTo(pauses, limit),
      while: (failure: Failure) => failure.retry
    })
  return Effect.raceFirst(
    again({ duration: patience }),
    Effect.catch(outOfTime, () => again({ times: 5 }))
  ).pipe(
    Effect.catch((failure) =>
      Effect.logWarning(`cannot ${what} batch: ${failure.message}`, { batch: batch.id })
    )
  )
}

const rejectionOf =
  ({ first, lines }: ClaimedBatch) =>
  ({ index, stage, reason, detail }: Rejection): Seen => ({
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
