/**
 * The queue between the edge and the cluster: trackers push lines, drainers claim batches of them under a lease.
 * A line is in exactly one place at any moment: waiting, claimed, or set aside as a dead letter.
 */
import { Context, type Effect } from "effect"
import type { DeadLetter } from "../../contracts/dead-letter.ts"
import type { Bytes } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { BatchId } from "../../contracts/ids.ts"
import type { Seam } from "../seam.ts"

/** How much one claim may take, and for how long (milliseconds). One line is always taken, however large. */
export interface ClaimLimits {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  /** Take waiting lines before a batch whose lease has ended; so that batches that fail again and again hold up no other. */
  readonly linesFirst?: boolean
}

/**
 * A batch of lines, or a piece of one that was split, that belongs to its claimer until the lease ends. Same id, same
 * first, same lines, for as long as it lives. It carries the means to settle it; settle it exactly once. Settling late
 * is safe: each says whether it did anything.
 */
export interface ClaimedBatch {
  /** The id of the batch as first claimed; all pieces of a batch share it. */
  readonly id: BatchId
  /**
   * The place, in the batch as first claimed, of this piece's first line; 0 for a whole batch.
   * The event at place `first + i` is `lines[i]`, so event ids stay the same however the batch is split.
   */
  readonly first: number
  readonly lines: ReadonlyArray<Bytes>
  /** When it was first claimed, milliseconds since 1970 by the queue's own clock. */
  readonly claimed: number
  /**
   * How many earlier claims ended without a verdict or with a verdict against it; 0 the first time. A piece begins with
   * what `split` gave it.
   */
  readonly attempts: number
  /** Done: it leaves the queue. No ownership is asked for, since the batch cannot have changed. */
  readonly ack: Effect.Effect<boolean, Failure>
  /**
   * Not done: it may be claimed again after `delay` milliseconds. `counts` says whether this was an attempt at the
   * batch itself (true) or the fault of its surroundings (false). Does nothing once another has claimed it.
   */
  readonly giveBack: (delay: number, counts: boolean) => Effect.Effect<boolean, Failure>
  /**
   * Not done: one atomic step puts pieces of at most `size` lines (at least 1; consecutive, in order) in its place. Each
   * is a batch of its own with the same `id` and `claimed`, can be claimed at once and has `attempts` attempts. A piece
   * can be split again. Does nothing once another has claimed it. To settle the batch later does nothing either, unless
   * it was a piece no larger than `size`: that stays the same piece.
   */
  readonly split: (size: number, attempts: number) => Effect.Effect<boolean, Failure>
  /** Done, but these events are dead: one atomic step puts the letters in the dead-letter list and removes the batch. */
  readonly setAside: (letters: ReadonlyArray<DeadLetter>) => Effect.Effect<boolean, Failure>
}

export interface QueueDepth {
  /** Lines that nobody has claimed. */
  readonly waiting: number
  /** Batches that were claimed and are not settled, each piece counted as one. */
  readonly claimed: number
  readonly deadLetters: number
}

/** One queue server. */
export interface QueueSource {
  readonly seam: Seam
  /**
   * Takes over the batch whose lease ended longest ago, else makes a new one of the lines at the head (or the other
   * way round, as the limits say), else undefined.
   * `id` is made by the caller: the same id sent again (after a lost answer) returns the same batch, or
   * undefined when the batch first claimed with it belongs to another by now, was settled by another or was split.
   */
  readonly claim: (id: BatchId, limits: ClaimLimits) => Effect.Effect<ClaimedBatch | undefined, Failure>
  readonly depth: Effect.Effect<QueueDepth, Failure>
}

export class IngestQueue extends Context.Service<
  IngestQueue,
  {
    /**
     * Appends the lines, all or none, in order, to one of the servers; returns when that server has them.
     * Goes over to the next server when one fails; fails with `unavailable` or `timeout` when all do.
     */
    readonly push: (lines: ReadonlyArray<Bytes>) => Effect.Effect<void, Failure>
    /** Every server, each to be drained on its own. */
    readonly sources: ReadonlyArray<QueueSource>
  }
>()("spoor/bridge/ingest-queue") {}
