/**
 * Messages that are batches claimed from the queue, each settled by the receipt the actor returns: acknowledged when
 * all its events are stored, set aside with dead letters when some were rejected, given back when there is none.
 *
 * Each queue server is drained on its own, so one that is down holds up no other. While nothing succeeds, one batch at
 * a time is tried, with growing pauses, and the backlog stays where it is safe: in the queue. A batch that fails while
 * others succeed comes back less and less often, and every second claim takes waiting lines before such batches. One
 * that crashes whoever handles it is taken apart until the guilty event is alone (verdict.ts).
 */
import { Effect, FiberSet, Result, Semaphore } from "effect"
import {
  type ClaimedBatch,
  type ClaimLimits,
  IngestQueue,
  type QueueSource
} from "../../../bridge/ingest-queue/service.ts"
import type { Receipt } from "../../../contracts/batch.ts"
import { leaseTime } from "../../../contracts/conversations.ts"
import { newBatchId } from "../../../contracts/ids.ts"
import type { Inbox } from "../actor.ts"
import type { Mailbox } from "../mailbox.ts"
import type { Meter } from "../meter.ts"
import { Self } from "../self.ts"
import { failurePause, idlePause } from "./pauses.ts"
import { carryOut, letGo, tryBatch } from "./settlement.ts"
import { makeTroubles } from "./troubles.ts"
import { afterFailure, beforeTrying } from "./verdict.ts"

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
    const window = Math.max(1, Math.floor(mailbox.limits.concurrency / sources.length))
    const draining = { mailbox, meter, underWay, window }
    return Effect.andThen(
      Effect.forEach(sources, (source) => drain(source, draining), {
        concurrency: "unbounded",
        discard: true
      }),
      Effect.never
    )
  })
}

interface Draining {
  readonly mailbox: Mailbox<ClaimedBatch, Receipt>
  readonly meter: Meter
  /** The batches under way, of all servers. */
  readonly underWay: FiberSet.FiberSet<void, never>
  /** How many of one server may be under way. */
  readonly window: number
}

/** Claims from one server for ever. */
const drain = Effect.fnUntraced(function* (
  source: QueueSource,
  { mailbox, meter, underWay, window }: Draining
) {
  const places = Semaphore.makeUnsafe(window)
  const troubles = makeTroubles()
  /** Failures in a row, of claims and batches. */
  let failures = 0
  let emptyLooks = 0
  let linesFirst = false
  let id = newBatchId()

  const settle = Effect.fnUntraced(function* (batch: ClaimedBatch) {
    const outcome = yield* Effect.result(tryBatch(batch, mailbox))
    if (Result.isSuccess(outcome)) {
      failures = 0
      troubles.succeeded(batch)
      return yield* letGo(batch, outcome.success, meter)
    }
    failures += 1
    const pause = troubles.failed(batch)
    const { reason, message } = outcome.failure
    yield* Effect.logWarning(`batch given back: ${message}`, { batch: batch.id, reason })
    const verdict = afterFailure(batch, outcome.failure, pause > 0)
    yield* carryOut(batch, verdict, Math.max(failurePause(failures), pause), meter)
  })

  const look = Effect.fnUntraced(function* (permits: number) {
    linesFirst = !linesFirst
    const claimed = yield* Effect.result(source.claim(id, { ...claimLimits, linesFirst }))
    // The same claim is sent again only when it may have been done.
    if (Result.isSuccess(claimed) || !claimed.failure.ambiguous) id = newBatchId()
    const batch = Result.getOrElse(claimed, () => undefined)
    if (batch !== undefined) {
      emptyLooks = 0
      const how = beforeTrying(batch)
      if (how === "alone") yield* places.take(window - permits)
      const settled = typeof how === "string" ? settle(batch) : carryOut(batch, how, 0, meter)
      const logged = Effect.catchCause(settled, (cause) =>
        Effect.logError("a batch is left to the end of its lease", cause, { batch: batch.id })
      )
      yield* FiberSet.run(
        underWay,
        Effect.ensuring(logged, places.release(how === "alone" ? window : permits))
      )
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
