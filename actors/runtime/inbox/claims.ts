/**
 * Messages that are batches claimed from the queue. Each batch is settled by the outcome that the actor returns: it is
 * acknowledged when all its events are stored, dead-lettered in part when some were rejected, and released when there
 * is no outcome. Lives as long as one run of its actor.
 *
 * Each queue server is drained by a loop of its own, so that an unreachable one delays no other. While nothing succeeds,
 * one batch at a time is tried with growing pauses, and the backlog stays in the queue, where it is safe. A batch that
 * fails while others succeed is retried less and less often, and every second claim prefers waiting lines to such
 * batches.
 *
 * A batch that failed before is a poison candidate (retry-policy.ts). When one is claimed it is released; the loop then
 * waits for this server's other batches, probes the path to the log, claims again and tries it. So no process holds a
 * candidate while an outage lasts, however often the process ends meanwhile.
 */
import { Effect, FiberSet, Result, Semaphore } from "effect"
import {
  type ClaimedBatch,
  type ClaimLimits,
  IngestQueue,
  type QueueSource
} from "../../../bridge/ingest-queue/service.ts"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Operation } from "../../../bridge/outage.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { type ClaimId, newClaimId } from "../../../contracts/ids.ts"
import { leaseTime } from "../../../contracts/requests.ts"
import { readTopics, topicSettings } from "../../transform/topics.ts"
import type { Inbox } from "../actor.ts"
import { Self } from "../actor-context.ts"
import type { Mailbox } from "../mailbox.ts"
import { makeCopyPublisher } from "../publish/event-copies.ts"
import { inBatch, traceBegins } from "../telemetry/spans.ts"
import { failureBackoffMs } from "./backoff.ts"
import type { BatchOutcome, Lines } from "./batch-outcome.ts"
import { type DownstreamProbe, makeDownstreamProbe } from "./downstream-probe.ts"
import { type DrainOutages, type DrainWords, logWords, makeDrainOutages } from "./drain-outages.ts"
import { awaitInFlight } from "./drain-timeout.ts"
import { type FailureHistory, makeFailureHistory } from "./failure-history.ts"
import { type IdleWait, makeIdleWait } from "./idle-wait.ts"
import { makeQueueCounters, type QueueCounters } from "./queue-counters.ts"
import {
  afterFailure,
  beforeTrying,
  isNoAnswer,
  type RetryDecision,
  type TriedBatch
} from "./retry-policy.ts"
import { applyDecision, type Settling, settle, tryBatch } from "./settle-batch.ts"

/** The limits of one claim. The bytes leave room for names and numbers within one message. */
export const claimLimits: ClaimLimits = { maxEvents: 1_000, maxBytes: 256 * 1024, lease: leaseTime }

/**
 * After this many failures in a row a claim takes at most this many lines. Otherwise a long outage would move the
 * backlog out of the list, whose length is limited, into batches that have to be counted one by one.
 */
const outageAfterFailures = 6
const maxLinesInOutage = 32

/** The pause of a candidate while another server's candidate is being tried, milliseconds. */
const candidateTurnPauseMs = 250

/**
 * Claims batches from every queue server. `words`: what the log calls the place to which they go; `copyPublisher` makes the
 * publisher of copies of rejected events.
 */
export const claimsFor = (
  words: DrainWords,
  copyPublisher: typeof makeCopyPublisher
): Inbox<Lines, BatchOutcome, IngestQueue | MessageBus> => ({
  describes: "batches of lines claimed from the queue",
  settings: topicSettings,
  open: Effect.fnUntraced(function* (mailbox) {
    const { sources } = yield* IngestQueue
    const { meter } = yield* Self
    const topics = yield* readTopics
    const counters = yield* makeQueueCounters(sources, topics.all)
    const inFlight = yield* FiberSet.make<void, never>()
    const outOfTime = yield* awaitInFlight(inFlight)
    const outages = yield* makeDrainOutages(words)
    const shared: Draining = {
      mailbox,
      settling: { meter, topics, outOfTime, counters, publishCopies: yield* copyPublisher },
      counters,
      outages,
      hasPoison: words.hasPoison,
      inFlight,
      maxInFlight: Math.max(1, Math.floor(mailbox.limits.concurrency / sources.length)),
      outOfTime,
      probe: makeDownstreamProbe(mailbox, outages),
      candidateTurn: { of: undefined }
    }
    return Effect.andThen(
      Effect.forEach(sources, (source) => drain(source, shared), {
        concurrency: "unbounded",
        discard: true
      }),
      Effect.never
    )
  })
})

export const claims = claimsFor(logWords, makeCopyPublisher)

/** The state that the loops of all servers share. */
interface Draining {
  readonly mailbox: Mailbox<Lines, BatchOutcome>
  readonly settling: Omit<Settling, "onQueue">
  readonly counters: QueueCounters
  readonly outages: DrainOutages
  readonly hasPoison: boolean
  /** The batches in flight, of all servers. */
  readonly inFlight: FiberSet.FiberSet<void, never>
  /** The maximum number of batches of one server in flight. */
  readonly maxInFlight: number
  /** Fails when the process stops and its time to wait is over. */
  readonly outOfTime: Effect.Effect<never, Failure>
  readonly probe: DownstreamProbe
  /**
   * The server whose candidate is being tried. One at a time: otherwise the poison of one server would be counted
   * against the candidate of another. No loop waits for the turn, since a try may take long; the others continue meanwhile.
   */
  readonly candidateTurn: { of: QueueSource | undefined }
}

/** The loop of one server, with its state. */
interface DrainLoop extends Draining {
  readonly source: QueueSource
  readonly settling: Settling
  readonly claiming: Operation
  readonly slots: Semaphore.Semaphore
  readonly history: FailureHistory
  readonly idleWait: IdleWait
  /** Failures in a row, of claims and batches. */
  failures: number
  /** Claims in a row that found nothing. */
  emptyPolls: number
  linesFirst: boolean
  /** A candidate was released; it is tried once the path has been probed successfully. */
  isCandidateWaiting: boolean
  claimId: ClaimId
  /** The claim with this id had no answer and may have taken a batch. */
  isClaimOpen: boolean
}

/** Claims from one server until interrupted. */
const drain = (source: QueueSource, shared: Draining): Effect.Effect<never> => {
  const loop: DrainLoop = {
    ...shared,
    source,
    settling: { ...shared.settling, onQueue: shared.outages.onQueue(source, false) },
    claiming: shared.outages.onQueue(source, true),
    slots: Semaphore.makeUnsafe(shared.maxInFlight),
    history: makeFailureHistory(),
    idleWait: makeIdleWait(source),
    failures: 0,
    emptyPolls: 0,
    linesFirst: false,
    isCandidateWaiting: false,
    claimId: newClaimId(),
    isClaimOpen: false
  }
  const besideOthers = claimBesideOthers(loop)
  const candidate = claimCandidate(loop)
  return Effect.forever(
    Effect.gen(function* () {
      if (loop.failures > 0) yield* Effect.sleep(failureBackoffMs(loop.failures))
      if (loop.emptyPolls > 0) yield* loop.idleWait.next(loop.emptyPolls, loop.isCandidateWaiting)
      const isCandidateDue =
        loop.isCandidateWaiting && loop.candidateTurn.of === undefined && (yield* loop.probe.retryInMs) === 0
      yield* isCandidateDue ? candidate : besideOthers
    })
  )
}

/** Claims a batch as soon as a slot is free; after a failure, as soon as no other batch of this server is in flight. */
const claimBesideOthers = (loop: DrainLoop): Effect.Effect<void> =>
  Effect.uninterruptibleMask((restore) => {
    const permits = loop.failures > 0 ? loop.maxInFlight : 1
    return Effect.flatMap(restore(loop.slots.take(permits)), () =>
      claimOnce(loop, false, loop.slots.release(permits))
    )
  })

/** Waits for all other batches of this server, probes the path to the log and claims a candidate. */
const claimCandidate = (loop: DrainLoop): Effect.Effect<void> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { slots, maxInFlight, candidateTurn, probe } = loop
      yield* restore(slots.take(maxInFlight))
      if (candidateTurn.of !== undefined) return yield* Effect.asVoid(slots.release(maxInFlight))
      candidateTurn.of = loop.source
      const release = Effect.andThen(
        Effect.sync(() => endTurn(loop)),
        slots.release(maxInFlight)
      )
      if (!(yield* restore(probe.isHealthy))) return yield* Effect.asVoid(release)
      loop.isCandidateWaiting = false
      yield* claimOnce(loop, true, release)
    })
  )

const endTurn = ({ candidateTurn, source }: DrainLoop): void => {
  if (candidateTurn.of === source) candidateTurn.of = undefined
}

/** Claims once and starts handling the batch, if there was one; runs `release` at the end of that. */
const claimOnce = Effect.fnUntraced(function* (
  loop: DrainLoop,
  isProbed: boolean,
  release: Effect.Effect<unknown>
) {
  loop.linesFirst = !loop.linesFirst && !isProbed
  const begun = yield* traceBegins
  const maxEvents = loop.failures < outageAfterFailures ? claimLimits.maxEvents : maxLinesInOutage
  const claimed = yield* Effect.result(
    loop.source.claim(loop.claimId, { ...claimLimits, maxEvents, linesFirst: loop.linesFirst })
  )
  // An ambiguous claim may have taken a batch: it is repeated with the same id until it is answered.
  if (Result.isFailure(claimed) && claimed.failure.ambiguous) loop.isClaimOpen = true
  if (Result.isSuccess(claimed)) {
    loop.isClaimOpen = false
    loop.claiming.worked()
  }
  if (!loop.isClaimOpen) loop.claimId = newClaimId()
  const batch = Result.getOrElse(claimed, () => undefined)
  if (batch !== undefined) {
    loop.emptyPolls = 0
    if (batch.isTakenOver) yield* loop.counters.leaseExpired(loop.source)
    const { id, lines, attempts } = batch
    const attributes = {
      "spoor.batch.id": id,
      "spoor.batch.lines": lines.length,
      "spoor.batch.attempts": attempts
    }
    const traced = inBatch(begun, attributes, handle(loop, batch, isProbed))
    const handled = Effect.catchCause(traced, (cause) =>
      Effect.logError("a batch is left in flight until its lease ends", cause, { batch: batch.id })
    )
    yield* FiberSet.run(loop.inFlight, Effect.ensuring(handled, release))
    return
  }
  yield* release
  if (Result.isSuccess(claimed)) {
    loop.emptyPolls += 1
    return
  }
  loop.claiming.failed(claimed.failure.message)
  loop.failures += 1
})

/** Tries the batch now; releases a candidate until the path has been probed. */
const handle = Effect.fnUntraced(function* (loop: DrainLoop, batch: ClaimedBatch, isProbed: boolean) {
  const tried = { ...batch, hadNoAnswer: loop.history.hadNoAnswer(batch) }
  const how = loop.hasPoison ? beforeTrying(tried) : "beside others"
  if (typeof how === "object") return yield* applyAndNote(loop, batch, how, 0)
  if (how === "beside others" || isProbed) return yield* tryAndSettle(loop, batch, tried, isProbed)
  loop.isCandidateWaiting = true
  const pauseMs = Math.max(
    yield* loop.probe.retryInMs,
    loop.candidateTurn.of === undefined ? 0 : candidateTurnPauseMs
  )
  yield* applyAndNote(loop, batch, { kind: "retry", counts: false }, pauseMs)
})

const tryAndSettle = Effect.fnUntraced(function* (
  loop: DrainLoop,
  batch: ClaimedBatch,
  tried: TriedBatch,
  isProbed: boolean
) {
  const outcome = yield* Effect.result(Effect.raceFirst(tryBatch(batch, loop.mailbox), loop.outOfTime))
  endTurn(loop)
  if (Result.isSuccess(outcome)) {
    loop.failures = 0
    loop.outages.worked()
    loop.history.succeeded(batch)
    return yield* settle(batch, outcome.success, batch.attempts + 1, loop.settling)
  }
  loop.failures += 1
  const ownPauseMs = loop.history.failed(batch, isNoAnswer(outcome.failure))
  const { reason, message } = outcome.failure
  const { id, first, lines } = batch
  const isOutage = outcome.failure.infrastructure
  if (isOutage) yield* loop.outages.failed(outcome.failure)
  yield* (isOutage ? Effect.logDebug : Effect.logWarning)(`batch released: ${message}`, {
    ...{ batch: id, first, lines: lines.length, reason }
  })
  const decision = afterFailure(tried, outcome.failure, isProbed)
  const pauseMs = Math.max(failureBackoffMs(loop.failures), ownPauseMs)
  yield* applyAndNote(loop, batch, decision, pauseMs)
})

/** Applies the decision; the batch, or what is left of it, can then be claimed again after the pause. */
const applyAndNote = (loop: DrainLoop, batch: ClaimedBatch, decision: RetryDecision, pauseMs: number) =>
  Effect.andThen(
    applyDecision(batch, decision, pauseMs, loop.settling),
    Effect.sync(() => loop.idleWait.released(pauseMs))
  )
