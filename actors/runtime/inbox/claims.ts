/**
 * Messages that are batches claimed from the queue, each settled by the account the actor returns: acknowledged when
 * all its events are stored, set aside with dead letters when some were rejected, given back when there is none.
 *
 * Each queue server is drained on its own, so one that is down holds up no other. While nothing succeeds, one batch at
 * a time is tried, with growing pauses, and the backlog stays where it is safe: in the queue. A batch that fails while
 * others succeed comes back less and less often, and every second claim takes waiting lines before such batches.
 *
 * A batch that failed before is suspect (verdict.ts). One that turns up is given back; then this server's other batches
 * are waited for, the way is proven free, and only then is claimed again and tried. So it is in nobody's hands while an
 * outage lasts, however often the process ends meanwhile.
 */
import { Effect, FiberSet, Result, Semaphore } from "effect"
import {
  type ClaimedBatch,
  type ClaimLimits,
  IngestQueue,
  type QueueSource
} from "../../../bridge/ingest-queue/service.ts"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { leaseTime } from "../../../contracts/requests.ts"
import { readTopics, topicSettings } from "../../transform/topics.ts"
import type { Inbox } from "../actor.ts"
import { Self } from "../actor-context.ts"
import type { Mailbox } from "../mailbox.ts"
import { showCopies } from "../publish/event-copies.ts"
import { failurePause, idlePause } from "./backoff.ts"
import type { BatchOutcome, Lines } from "./batch-outcome.ts"
import { makeWay, type Way } from "./downstream-probe.ts"
import { finishInTime } from "./drain-timeout.ts"
import { makeFailureHistory } from "./failure-history.ts"
import { afterFailure, beforeTrying, isSilent, type Tried } from "./retry-policy.ts"
import { applyDecision, type Settling, settle, tryBatch } from "./settle-batch.ts"

/** What one claim takes at the most. The bytes leave room for names and numbers within one message. */
export const claimLimits: ClaimLimits = { maxEvents: 1_000, maxBytes: 256 * 1024, lease: leaseTime }

/**
 * While nothing has succeeded so many times, a claim takes no more than so many lines. Else a long outage would move the
 * backlog out of the list, where it is limited, into batches that have to be counted one by one.
 */
const outage = 6
const linesInOutage = 32

/** How long a suspect is left alone while another server's is being tried, milliseconds. */
const turnPause = 250

/** Batches of every queue server, as they can be had. */
export const claims: Inbox<Lines, BatchOutcome, IngestQueue | MessageBus> = {
  describes: "batches of lines claimed from the queue",
  settings: topicSettings,
  open: Effect.fnUntraced(function* (mailbox) {
    const { sources } = yield* IngestQueue
    const { meter } = yield* Self
    const topics = yield* readTopics
    const underWay = yield* FiberSet.make<void, never>()
    const outOfTime = yield* finishInTime(underWay)
    const settling = { meter, topics, outOfTime, show: yield* showCopies }
    const window = Math.max(1, Math.floor(mailbox.limits.concurrency / sources.length))
    const draining: Draining = {
      mailbox,
      settling,
      underWay,
      window,
      outOfTime,
      way: makeWay(mailbox),
      turn: { of: undefined }
    }
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
  readonly mailbox: Mailbox<Lines, BatchOutcome>
  readonly settling: Settling
  /** The batches under way, of all servers. */
  readonly underWay: FiberSet.FiberSet<void, never>
  /** How many of one server may be under way. */
  readonly window: number
  /** Fails when the process stops and can wait no longer. */
  readonly outOfTime: Effect.Effect<never, Failure>
  readonly way: Way
  /**
   * The server whose suspect is being tried: one at a time, else the guilty one of one would be taken for that of
   * another. Never waited for, since a try may take long: the others go on meanwhile.
   */
  readonly turn: { of: QueueSource | undefined }
}

/** Claims from one server for ever. */
const drain = Effect.fnUntraced(function* (
  source: QueueSource,
  { mailbox, settling, underWay, window, outOfTime, way, turn }: Draining
) {
  const places = Semaphore.makeUnsafe(window)
  const troubles = makeFailureHistory()
  /** Failures in a row, of claims and batches. */
  let failures = 0
  let emptyLooks = 0
  let linesFirst = false
  /** A suspect was given back; it is tried once the way is proven free. */
  let isSuspectWaiting = false
  let id = newClaimId()
  /** A claim with this id had no answer, and may have taken a batch. */
  let isClaimOpen = false

  const endTurn = (): void => {
    if (turn.of === source) turn.of = undefined
  }

  const tryAndSettle = Effect.fnUntraced(function* (batch: ClaimedBatch, tried: Tried, isProven: boolean) {
    const outcome = yield* Effect.result(Effect.raceFirst(tryBatch(batch, mailbox), outOfTime))
    endTurn()
    if (Result.isSuccess(outcome)) {
      failures = 0
      troubles.succeeded(batch)
      return yield* settle(batch, outcome.success, batch.attempts + 1, settling)
    }
    failures += 1
    const pause = troubles.failed(batch, isSilent(outcome.failure))
    const { reason, message } = outcome.failure
    const { id: name, first, lines } = batch
    yield* Effect.logWarning(`batch given back: ${message}`, {
      batch: name,
      first,
      lines: lines.length,
      reason
    })
    const verdict = afterFailure(tried, outcome.failure, isProven)
    yield* applyDecision(batch, verdict, Math.max(failurePause(failures), pause), settling)
  })

  const handle = Effect.fnUntraced(function* (batch: ClaimedBatch, isFree: boolean) {
    const tried = { ...batch, wasSilent: troubles.wasSilent(batch) }
    const how = beforeTrying(tried)
    if (typeof how === "object") return yield* applyDecision(batch, how, 0, settling)
    if (how === "beside others" || isFree) return yield* tryAndSettle(batch, tried, isFree)
    isSuspectWaiting = true
    const pause = Math.max(yield* way.wait, turn.of === undefined ? 0 : turnPause)
    yield* applyDecision(batch, { kind: "again", counts: false }, pause, settling)
  })

  /** Claims and lets what it got be handled; `release` is run at the end of that. */
  const look = Effect.fnUntraced(function* (isFree: boolean, release: Effect.Effect<unknown>) {
    linesFirst = !linesFirst && !isFree
    const maxEvents = failures < outage ? claimLimits.maxEvents : linesInOutage
    const claimed = yield* Effect.result(source.claim(id, { ...claimLimits, maxEvents, linesFirst }))
    // The same claim is sent again until it is answered, once it may have been done.
    if (Result.isFailure(claimed) && claimed.failure.ambiguous) isClaimOpen = true
    if (Result.isSuccess(claimed)) isClaimOpen = false
    if (!isClaimOpen) id = newClaimId()
    const batch = Result.getOrElse(claimed, () => undefined)
    if (batch !== undefined) {
      emptyLooks = 0
      const logged = Effect.catchCause(handle(batch, isFree), (cause) =>
        Effect.logError("a batch is left to the end of its lease", cause, { batch: batch.id })
      )
      yield* FiberSet.run(underWay, Effect.ensuring(logged, release))
      return
    }
    yield* release
    if (Result.isSuccess(claimed)) {
      emptyLooks += 1
      return
    }
    if (failures === 0) yield* Effect.logWarning(`cannot claim: ${claimed.failure.message}`)
    failures += 1
  })

  const lookBesideOthers = Effect.uninterruptibleMask((restore) => {
    const permits = failures > 0 ? window : 1
    return Effect.flatMap(restore(places.take(permits)), () => look(false, places.release(permits)))
  })

  const lookForSuspect = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(places.take(window))
      if (turn.of !== undefined) return yield* Effect.asVoid(places.release(window))
      turn.of = source
      const release = Effect.andThen(Effect.sync(endTurn), places.release(window))
      if (!(yield* restore(way.isFree))) return yield* Effect.asVoid(release)
      isSuspectWaiting = false
      yield* look(true, release)
    })
  )

  return yield* Effect.forever(
    Effect.gen(function* () {
      if (failures > 0) yield* Effect.sleep(failurePause(failures))
      if (emptyLooks > 0) yield* Effect.sleep(idlePause(emptyLooks))
      const isTurn = isSuspectWaiting && turn.of === undefined && (yield* way.wait) === 0
      yield* isTurn ? lookForSuspect : lookBesideOthers
    })
  )
})
