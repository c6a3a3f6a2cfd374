/**
 * The queue between the edge and the cluster: trackers push lines, drainers claim batches of them under a lease. A line is
 * in exactly one state at any moment: waiting, claimed, or a dead letter.
 */
import { Context, type Effect } from "effect"
import type { Placement } from "../../contracts/batch.ts"
import type { DeadLetter } from "../../contracts/dead-letter.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { BatchDigest, BatchId, ClaimId, PushId, Topic } from "../../contracts/ids.ts"
import type { Dependency } from "../dependency.ts"

/** The limits of a claim; the lease is in milliseconds. One line is always taken, whatever its size. */
export interface ClaimLimits {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  /** Prefer waiting lines to a batch whose lease has expired, so that failing batches do not delay others. */
  readonly linesFirst?: boolean
}

/**
 * The outcome of the events of one topic in a batch: `received` (parsed by the drainer), `stored` (confirmed by the log)
 * and `dead` (dead-lettered). The queue adds it to its ledger in the same atomic step that removes the batch.
 */
export interface TopicCount {
  readonly topic: Topic
  readonly received: number
  readonly stored: number
  readonly dead: number
}

/**
 * A batch of lines, or a part of a split batch, that belongs to its claimer until the lease expires. `id`, `first` and
 * `lines` never change. Settle it exactly once, with one of its functions. Settling late is safe: each function returns
 * whether it had an effect.
 */
export interface ClaimedBatch {
  /** The id of the whole batch; all its parts share it. */
  readonly id: BatchId
  /** The digest of exactly these lines; a receipt for the batch repeats it. */
  readonly digest: BatchDigest
  /**
   * The place of this part's first line within the whole batch; 0 for a whole batch. The event at place `first + i` is
   * `lines[i]`, so event ids do not depend on how the batch is split.
   */
  readonly first: number
  readonly lines: ReadonlyArray<ByteString>
  /** When it was first claimed, milliseconds since 1970 by the queue's clock. */
  readonly claimed: number
  /**
   * Earlier claims that expired, or were released as an attempt at the batch; 0 the first time. A part begins with the
   * number given to `split`.
   */
  readonly attempts: number
  /** True when this claim took the batch over from a claim whose lease had expired. */
  readonly isTakenOver: boolean
  /**
   * Done: removes the batch from the queue. Works without the lease too, because a batch never changes. `placements` are
   * those of its receipt; one that recently acknowledged other lines is not counted as stored, which the ledger shows.
   */
  readonly ack: (
    counts: ReadonlyArray<TopicCount>,
    placements?: ReadonlyArray<Placement>
  ) => Effect.Effect<boolean, Failure>
  /**
   * Not done: the batch may be claimed again after `delay` milliseconds. `counts`: true for an attempt at the batch, false
   * for a failure of the infrastructure. Has no effect once another claim has the batch.
   */
  readonly release: (delay: number, counts: boolean) => Effect.Effect<boolean, Failure>
  /**
   * Not done: one atomic step replaces the batch by parts of at most `size` lines (1 or more; consecutive, in order). Each
   * is a batch with the same `id` and `claimed`, can be claimed at once and has `attempts` attempts. A part can be split
   * again. Has no effect once another claim has the batch. Settling the batch later has no effect either, unless it was a
   * part of at most `size` lines, which stays the same.
   */
  readonly split: (size: number, attempts: number) => Effect.Effect<boolean, Failure>
  /** Done, with dead letters: one atomic step appends them to the dead-letter list and removes the batch. */
  readonly deadLetter: (
    deadLetters: ReadonlyArray<DeadLetter>,
    counts: ReadonlyArray<TopicCount>,
    placements?: ReadonlyArray<Placement>
  ) => Effect.Effect<boolean, Failure>
}

export interface QueueDepth {
  /** Lines that are not claimed. */
  readonly waiting: number
  /** Batches that are claimed and not settled; each part counts as one. */
  readonly claimed: number
  readonly deadLetters: number
}

/** The counts of one topic since the ledger began. A dead letter counts for the topic that it names. */
export interface TopicTotals extends TopicCount {
  /** Dead letters that were pushed again (and so are received again), and that were discarded. */
  readonly replayed: number
  readonly discarded: number
  /** Of `stored`, the lines that an edge forwarded to its centre; absent when none were. */
  readonly forwarded?: number
}

/**
 * An atomic snapshot of a queue's counts and content, which balances at any moment: `taken = Σ received + inFlight`, with
 * the sum over all topics. Replayed lines are taken again.
 */
export interface QueueLedger {
  /** When the ledger began, milliseconds since 1970 by the queue's clock; undefined before the first claim. */
  readonly since: number | undefined
  /** Lines that Spoor pushed (gateways and replays). Lines of other trackers are counted when they are claimed. */
  readonly pushed: number
  /** Lines that were claimed, each once, however often its batch was claimed. */
  readonly taken: number
  readonly topics: ReadonlyArray<TopicTotals>
  /** Lines that are not claimed, and lines of batches that are claimed and not settled: counted in place. */
  readonly waiting: number
  readonly inFlight: number
  /** The time since the oldest batch in flight was first claimed, milliseconds; undefined when none is in flight. */
  readonly oldestInFlight?: number | undefined
  /** Batches that are claimed and not settled; each part counts as one. */
  readonly inFlightBatches: number
  /** The size of the waiting lines, bytes, estimated as for QUEUE_MAX_BYTES. */
  readonly waitingBytes: number
  /**
   * The time since the edge received the line at the head, by the time in the line, milliseconds; undefined when none
   * waits or its time is not plausible.
   */
  readonly oldestWaiting?: number | undefined
  /** The length of the dead-letter list, and the number of entries of other programs that were replayed or discarded. */
  readonly deadLetters: number
  readonly foreignGone: number
  /** The lines of `waiting` and `inFlight`, when their number is at most the requested limit. */
  readonly lines:
    | { readonly waiting: ReadonlyArray<ByteString>; readonly inFlight: ReadonlyArray<ByteString> }
    | undefined
}

/** An entry of the dead-letter list: its exact text, and the dead letter in it; undefined for another program's entry. */
export interface StoredDeadLetter {
  readonly text: ByteString
  readonly letter: DeadLetter | undefined
}

/** The dead letters of one queue server. */
export interface DeadLetterList {
  /** At most `count` dead letters from index `from` (0 is the oldest) on, in order. */
  readonly read: (from: number, count: number) => Effect.Effect<ReadonlyArray<StoredDeadLetter>, Failure>
  /**
   * One atomic step removes the dead letter and pushes `line` to the queue. "gone": the dead letter is no longer in the
   * list. "too often": the line was replayed `allowed` times within a week and was dead-lettered each time; nothing is
   * done.
   */
  readonly replay: (
    letter: StoredDeadLetter,
    line: ByteString,
    allowed: number
  ) => Effect.Effect<"done" | "gone" | "too often", Failure>
  /** Removes the dead letter; false when it is no longer in the list. */
  readonly discard: (letter: StoredDeadLetter) => Effect.Effect<boolean, Failure>
  /**
   * Appends a dead letter of something that was never a line of the queue. So that the ledger balances, it counts as pushed,
   * taken, received and dead in the same step. `once`: for an hour after, another call with the same id adds nothing.
   */
  readonly add: (letter: DeadLetter, once: PushId) => Effect.Effect<void, Failure>
  /** Removes the dead letter, which its owner has replayed, and counts it as replayed; pushes nothing. False: as in `discard`. */
  readonly take: (letter: StoredDeadLetter) => Effect.Effect<boolean, Failure>
}

/** The batch, or part of one, with an event in flight. */
export interface EventInFlight {
  readonly line: ByteString
  readonly claimed: number
  readonly attempts: number
  /** When its lease expires or it may be claimed again, milliseconds since 1970 by the queue's clock. */
  readonly until: number
  /** False when it was released, or is a part that is not claimed yet. */
  readonly isClaimed: boolean
}

/** The queue as the holder of the figures' lease sees it. */
export interface HeldFigures {
  /** Differs from an earlier one when the counts or the content of the queue changed since: only then read the ledger. */
  readonly revision: string
  /** The memory of the server, bytes: used, and its maximum (0: no limit). Both 0 for a queue in a file. */
  readonly memoryUsed: number
  readonly memoryMax: number
}

/**
 * The figures' lease: of all copies of a drainer, one exports the figures of the queue, so that a sum over the copies is
 * right. It is held in the queue itself, and ends by itself when its holder ends.
 */
export interface FiguresLease {
  /** Takes or renews the lease of `holder` for `leaseMs` milliseconds; undefined when another holder has it. */
  readonly hold: (holder: string, leaseMs: number) => Effect.Effect<HeldFigures | undefined, Failure>
  /** Ends the lease, if `holder` has it. */
  readonly release: (holder: string) => Effect.Effect<void, Failure>
}

/** One queue server. */
export interface QueueSource {
  readonly dependency: Dependency
  /**
   * Claims the batch with the oldest expired lease, else a new one of the lines at the head (or in the reverse order, by
   * the limits); undefined when neither exists. The caller makes `id`: the same id sent again (after a lost reply)
   * returns the same batch while that claim has it. When another claim took the batch over, settled it or split it, the
   * id is a new claim, whose batch has an id of its own.
   */
  readonly claim: (id: ClaimId, limits: ClaimLimits) => Effect.Effect<ClaimedBatch | undefined, Failure>
  /**
   * Waits until there are waiting lines, at most `milliseconds`. It may return without any, and never fails. Batches that
   * are released or whose lease expires do not end it.
   */
  readonly awaitLines: (milliseconds: number) => Effect.Effect<void>
  readonly depth: Effect.Effect<QueueDepth, Failure>
  /** `lines`: the snapshot contains the waiting and in-flight lines when they are at most this many. */
  readonly ledger: (lines: number) => Effect.Effect<QueueLedger, Failure>
  /** The event at that place of a batch that is claimed and not settled; undefined when it is not found. */
  readonly find: (id: BatchId, index: number) => Effect.Effect<EventInFlight | undefined, Failure>
  readonly deadLetters: DeadLetterList
  readonly figures: FiguresLease
}

/**
 * @example
 * const { push, sources } = yield* IngestQueue
 * yield* push([bytesOf("203.0.113.9 1795206900123 shop.example pod-1 /t/buy item=42 curl/8")])
 * const batch = yield* sources[0].claim(newClaimId(), limits)
 */
export class IngestQueue extends Context.Service<
  IngestQueue,
  {
    /**
     * Appends the lines, all or none, in order, to one of the servers; returns when that server has confirmed them as
     * QUEUE_CONFIRM requires. Tries the next server when one fails or is full; fails with `unavailable`, `timeout` or `busy`
     * (full) when all do.
     *
     * With `once`, the lines of this id are appended once: for an hour after its last push, a push with the same id adds
     * nothing, whatever its lines are, and returns when the first one is confirmed. Each id belongs to one of the servers;
     * while that one fails, so do its pushes, because only it knows whether it has the lines.
     */
    readonly push: (lines: ReadonlyArray<ByteString>, once?: PushId) => Effect.Effect<void, Failure>
    /** All servers; each is drained separately. */
    readonly sources: ReadonlyArray<QueueSource>
  }
>()("spoor/bridge/ingest-queue") {}
