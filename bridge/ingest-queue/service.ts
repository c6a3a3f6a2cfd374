/**
 * The queue between the edge and the cluster: trackers push lines, drainers claim batches of them under a lease.
 * A line is in exactly one place at any moment: waiting, claimed, or set aside as a dead letter.
 */
import { Context, type Effect } from "effect"
import type { Placement } from "../../contracts/batch.ts"
import type { DeadLetter } from "../../contracts/dead-letter.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { BatchDigest, BatchId, ClaimId, Topic } from "../../contracts/ids.ts"
import type { Dependency } from "../dependency.ts"

/** How much one claim may take, and for how long (milliseconds). One line is always taken, however large. */
export interface ClaimLimits {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  /** Take waiting lines before a batch whose lease has ended; so that batches that fail again and again hold up no other. */
  readonly linesFirst?: boolean
}

/**
 * What became of the events of one topic in a batch: `received` as the drainer read them, `stored` as the log confirmed
 * them, `dead` as they were set aside. The queue adds it to its ledger in the same atomic step that lets the batch go.
 */
export interface TopicCount {
  readonly topic: Topic
  readonly received: number
  readonly stored: number
  readonly dead: number
}

/**
 * A batch of lines, or a piece of one that was split, that belongs to its claimer until the lease ends. Same id, same
 * first, same lines, for as long as it lives. It carries the means to settle it; settle it exactly once. Settling late
 * is safe: each says whether it did anything.
 */
export interface ClaimedBatch {
  /** The id of the batch as first claimed; all pieces of a batch share it. */
  readonly id: BatchId
  /** Of exactly these lines: a receipt for the batch repeats it. */
  readonly digest: BatchDigest
  /**
   * The place, in the batch as first claimed, of this piece's first line; 0 for a whole batch.
   * The event at place `first + i` is `lines[i]`, so event ids stay the same however the batch is split.
   */
  readonly first: number
  readonly lines: ReadonlyArray<ByteString>
  /** When it was first claimed, milliseconds since 1970 by the queue's own clock. */
  readonly claimed: number
  /**
   * How many earlier claims ended without a verdict or with a verdict against it; 0 the first time. A piece begins with
   * what `split` gave it.
   */
  readonly attempts: number
  /**
   * Done: it leaves the queue. No ownership is asked for, since the batch cannot have changed. `placements` are those
   * of its receipt; those that let other lines go lately are not counted as stored, so that the ledger tells.
   */
  readonly ack: (
    counts: ReadonlyArray<TopicCount>,
    placements?: ReadonlyArray<Placement>
  ) => Effect.Effect<boolean, Failure>
  /**
   * Not done: it may be claimed again after `delay` milliseconds. `counts` says whether this was an attempt at the
   * batch itself (true) or the fault of its surroundings (false). Does nothing once another has claimed it.
   */
  readonly release: (delay: number, counts: boolean) => Effect.Effect<boolean, Failure>
  /**
   * Not done: one atomic step puts pieces of at most `size` lines (at least 1; consecutive, in order) in its place. Each
   * is a batch of its own with the same `id` and `claimed`, can be claimed at once and has `attempts` attempts. A piece
   * can be split again. Does nothing once another has claimed it. To settle the batch later does nothing either, unless
   * it was a piece no larger than `size`: that stays the same piece.
   */
  readonly split: (size: number, attempts: number) => Effect.Effect<boolean, Failure>
  /** Done, but these events are dead: one atomic step puts the letters in the dead-letter list and removes the batch. */
  readonly deadLetter: (
    letters: ReadonlyArray<DeadLetter>,
    counts: ReadonlyArray<TopicCount>,
    placements?: ReadonlyArray<Placement>
  ) => Effect.Effect<boolean, Failure>
}

export interface QueueDepth {
  /** Lines that nobody has claimed. */
  readonly waiting: number
  /** Batches that were claimed and are not settled, each piece counted as one. */
  readonly claimed: number
  readonly deadLetters: number
}

/** What a queue has counted of one topic since its ledger began. Letters count to the topic they name. */
export interface TopicTotals extends TopicCount {
  /** Of the dead: pushed again, so that they are received again; and given up for good. */
  readonly replayed: number
  readonly discarded: number
}

/**
 * One atomic look at everything a queue has counted and at what it holds, so that it adds up at any moment:
 * `taken = Σ received + inFlight`, Σ over the topics. What is replayed is taken again.
 */
export interface QueueLedger {
  /** When it began to count, milliseconds since 1970 by the queue's own clock; undefined before the first claim. */
  readonly since: number | undefined
  /** Lines that Spoor itself pushed: its gateways and replays. Other trackers' are not counted until they are claimed. */
  readonly pushed: number
  /** Lines that were claimed, each once however often its batch came again. */
  readonly taken: number
  readonly topics: ReadonlyArray<TopicTotals>
  /** Lines that nobody has claimed, and lines in batches that were claimed and are not settled: counted where they lie. */
  readonly waiting: number
  readonly inFlight: number
  /** How long ago the oldest batch in flight was first claimed, milliseconds; undefined when none is. */
  readonly oldestInFlight?: number | undefined
  /** How long the list of dead letters is, and how many of another's making were replayed or discarded from it. */
  readonly deadLetters: number
  readonly foreignGone: number
  /** The lines of `waiting` and `inFlight` themselves, when they are together no more than was asked for. */
  readonly lines:
    | { readonly waiting: ReadonlyArray<ByteString>; readonly inFlight: ReadonlyArray<ByteString> }
    | undefined
}

/** A dead letter as it stands in the list: its exact text, and what that says; undefined when it is not of our making. */
export interface StoredDeadLetter {
  readonly text: ByteString
  readonly letter: DeadLetter | undefined
}

/** The dead letters of one queue server. */
export interface DeadLetterBox {
  /** At most `count` letters from place `from` (0 is the oldest) on, in order. */
  readonly read: (from: number, count: number) => Effect.Effect<ReadonlyArray<StoredDeadLetter>, Failure>
  /**
   * One atomic step: the letter leaves the list and `line` is pushed to the queue like any other. "gone" when the letter
   * is no longer there. "too often" when that line was replayed `allowed` times already within a week and came back each
   * time: then nothing is done.
   */
  readonly replay: (
    letter: StoredDeadLetter,
    line: ByteString,
    allowed: number
  ) => Effect.Effect<"done" | "gone" | "too often", Failure>
  /** The letter leaves the list for good; false when it is no longer there. */
  readonly discard: (letter: StoredDeadLetter) => Effect.Effect<boolean, Failure>
}

/** A batch, or the piece of one, that holds an event under way. */
export interface EventInFlight {
  readonly line: ByteString
  readonly claimed: number
  readonly attempts: number
  /** When its lease ends or it may be claimed again, milliseconds since 1970 by the queue's own clock. */
  readonly until: number
  /** False when it was given back, or is a piece that nobody has claimed yet. */
  readonly isClaimed: boolean
}

/** One queue server. */
export interface QueueSource {
  readonly dependency: Dependency
  /**
   * Takes over the batch whose lease ended longest ago, else makes a new one of the lines at the head (or the other
   * way round, as the limits say), else undefined.
   * `id` is made by the caller: the same id sent again (after a lost answer) returns the same batch while that claim
   * still has it. When it has it no longer, because another took the batch over, settled it or split it, it is a new
   * claim like any other, and what it takes has an id of its own.
   */
  readonly claim: (id: ClaimId, limits: ClaimLimits) => Effect.Effect<ClaimedBatch | undefined, Failure>
  readonly depth: Effect.Effect<QueueDepth, Failure>
  /** `lines`: up to how many lines that wait or are in flight it should hold. */
  readonly ledger: (lines: number) => Effect.Effect<QueueLedger, Failure>
  /** The event at that place of a batch that was claimed and is not settled; undefined when there is none. */
  readonly find: (id: BatchId, index: number) => Effect.Effect<EventInFlight | undefined, Failure>
  readonly letters: DeadLetterBox
}

export class IngestQueue extends Context.Service<
  IngestQueue,
  {
    /**
     * Appends the lines, all or none, in order, to one of the servers; returns when that server has them as safely as
     * QUEUE_CONFIRM asks. Goes over to the next server when one fails or is full; fails with `unavailable`, `timeout` or
     * `busy` (full) when all do.
     */
    readonly push: (lines: ReadonlyArray<ByteString>) => Effect.Effect<void, Failure>
    /** Every server, each to be drained on its own. */
    readonly sources: ReadonlyArray<QueueSource>
  }
>()("spoor/bridge/ingest-queue") {}
