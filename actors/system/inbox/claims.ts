/**
 * Messages that are batches claimed from the queue, each settled by the receipt the actor returns: acknowledged when
 * all its events are stored, set aside with dead letters when some were rejected, given back when there is none.
 *
 * Each queue server is drained on its own, so one that is down holds up no other. When batches fail, one at a time is
 * tried, with growing pauses, and the backlog stays where it is safe: in the queue.
 */
import { Clock, Effect, FiberSet, Result, Schedule, Semaphore } from "effect"
import {
  type ClaimedBatch,
  type ClaimLimits,
  IngestQueue,
  type QueueSource
} from "../../../bridge/ingest-queue/service.ts"
import { accountsFor, type Receipt } from "../../../contracts/batch.ts"
import { leaseTime } from "../../../contracts/conversations.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventId, newBatchId } from "../../../contracts/ids.ts"
import type { Inbox } from "../actor.ts"
import type { Mailbox } from "../mailbox.ts"
import type { Meter } from "../meter.ts"
import { Deadline, Self } from "../self.ts"
import { failurePause, idlePause } from "./pauses.ts"

/** What one claim takes at the most. The bytes leave room for names and numbers within one message. */
export const claimLimits: ClaimLimits = { maxEvents: 1_000, maxBytes: 256 * 1024, lease: leaseTime }

/** Batches of every queue server, as they can be had. */
export const claims: Inbox<ClaimedBatch, Receipt, IngestQueue> = {
  describes: "batches of lines claimed from the queue",
  settings: [],
  open: Effect.fnUntraced(function* (mailbox) {
    const { sources } = yield* IngestQueue
    const { meter } = yield* Self
    const underWay = yield* FiberSet.make<void, never>()
    yield* Effect.addFinalizer(() => FiberSet.awaitEmpty(underWay))
    return Effect.andThen(
      Effect.forEach(sources, (source) => drain(source, mailbox, meter, underWay), {
        concurrency: "unbounded",
        discard: true
      }),
      Effect.never
    )
  })
}

/** Claims from one server for ever; what is claimed is under way in `underWay`. */
const drain = Effect.fnUntraced(function* (
  source: QueueSource,
  mailbox: Mailbox<ClaimedBatch, Receipt>,
  meter: Meter,
  underWay: FiberSet.FiberSet<void, never>
) {
  const window = mailbox.limits.concurrency
  const places = Semaphore.makeUnsafe(window)
  let failures = 0
  let emptyLooks = 0
  let id = newBatchId()

  const settle = Effect.fnUntraced(function* (batch: ClaimedBatch) {
    const isSettled = yield* handle(batch, mailbox, meter, failurePause(failures + 1))
    failures = isSettled ? 0 : failures + 1
  })

  const look = Effect.fnUntraced(function* (permits: number) {
    const claimed = yield* Effect.result(source.claim(id, claimLimits))
    if (Result.isSuccess(claimed)) id = newBatchId()
    const batch = Result.getOrElse(claimed, () => undefined)
    if (batch !== undefined) {
      emptyLooks = 0
      yield* FiberSet.run(underWay, Effect.ensuring(settle(batch), places.release(permits)))
      return
    }
    yield* places.release(permits)
    if (Result.isSuccess(claimed)) {
      emptyLooks += 1
      return
    }
    if (failures === 0) yield* Effect.logWarning(`cannot claim: ${claimed.failure.message}`)
    failures += 1
  })

  return yield* Effect.forever(
    Effect.gen(function* () {
      if (failures > 0) yield* Effect.sleep(failurePause(failures))
      if (emptyLooks > 0) yield* Effect.sleep(idlePause(emptyLooks))
      const permits = failures > 0 ? window : 1
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(places.take(permits)), () => look(permits))
      )
    })
  )
})

/** One batch from claim to settlement; says whether it was settled by a receipt. Never fails. */
const handle = Effect.fnUntraced(function* (
  batch: ClaimedBatch,
  mailbox: Mailbox<ClaimedBatch, Receipt>,
  meter: Meter,
  pause: number
) {
  const deadline = (yield* Clock.currentTimeMillis) + leaseTime / 2
  const result = yield* mailbox.deliver(batch, { events: batch.lines.length, oldest: batch.claimed }).pipe(
    Effect.filterOrFail(
      (receipt) => accountsFor(receipt, batch.id, batch.lines.length),
      () => new Failure({ reason: "crashed", message: "the receipt does not account for every event" })
    ),
    Effect.provideService(Deadline, deadline),
    Effect.result
  )
  if (Result.isFailure(result)) {
    const { reason, message, infrastructure } = result.failure
    yield* Effect.logWarning(`batch given back: ${message}`, { batch: batch.id, reason })
    yield* ignoring(batch.giveBack(pause, !infrastructure), batch, "give back")
    return false
  }
  const letters = deadLetters(batch, result.success, yield* Clock.currentTimeMillis)
  for (const letter of letters) yield* meter.count("rejected", 1, letter.reason)
  yield* ignoring(letters.length === 0 ? batch.ack : batch.setAside(letters), batch, "acknowledge")
  return true
})

/** Tries for a while; what still fails is left to the end of the lease, which is safe: the batch comes again. */
const ignoring = (settlement: Effect.Effect<boolean, Failure>, batch: ClaimedBatch, what: string) =>
  settlement.pipe(
    Effect.retry({
      schedule: Schedule.exponential("50 millis"),
      times: 5,
      while: (failure) => failure.retry
    }),
    Effect.catch((failure) =>
      Effect.logWarning(`cannot ${what} batch: ${failure.message}`, { batch: batch.id })
    )
  )

const deadLetters = (batch: ClaimedBatch, receipt: Receipt, now: number): ReadonlyArray<DeadLetter> =>
  receipt.rejected.map(({ index, stage, reason }) => ({
    v: 1,
    id: eventId(batch.id, index),
    reason,
    stage,
    attempts: batch.attempts + 1,
    first: batch.claimed,
    last: now,
    line: Buffer.from(batch.lines[index] ?? "", "latin1")
  }))
