/** The ledger as it is read and shown: totals per topic and per queue, with warnings. Types only. */
import type { RuleTotals } from "../../../bridge/reaction-store/service.ts"
import type { Topic } from "../../../contracts/ids.ts"

/** Numbers of lines. `received = stored + dead + discarded + waiting + inFlight`, when the ledger balances. */
export interface LedgerTotals {
  /** Lines that ever entered the queue; each counts once, however often it was replayed. */
  readonly received: number
  readonly stored: number
  /** Dead letters that are still in the list, by count. */
  readonly dead: number
  /** Dead letters that were discarded. */
  readonly discarded: number
  /** Not claimed yet. */
  readonly waiting: number
  /** Claimed, not settled yet. */
  readonly inFlight: number
  /** Replays of dead letters. A replayed line is in flight or settled again, so this is not part of the sum. */
  readonly replayed: number
  /** Of `stored`, the lines that this edge forwarded to its centre; absent when none were. */
  readonly forwarded?: number
}

export interface TopicRow extends LedgerTotals {
  readonly topic: Topic
}

/** One queue server in the ledger. */
export interface QueueRow {
  readonly kind: string
  readonly address: string
  /** The error if its counts could not be read; undefined otherwise. */
  readonly trouble: string | undefined
  /** When counting began, milliseconds since 1970. */
  readonly since: number | undefined
  /** The totals of this queue; undefined if its counts could not be read. */
  readonly account: LedgerTotals | undefined
  /** The length of its dead-letter list, including those that other programs added; null if it could not be read. */
  readonly deadLetters: number | null
  /** What waits and is in flight beside the numbers of lines; undefined if it could not be read. */
  readonly content: QueueContent | undefined
}

/** Ages in milliseconds; undefined when nothing could have one. */
export interface QueueContent {
  /** Estimated, as QUEUE_MAX_BYTES limits it. */
  readonly waitingBytes: number
  readonly oldestWaiting: number | undefined
  readonly inFlightBatches: number
  readonly oldestInFlight: number | undefined
}

/** If no queue could be read, figures are null, never 0; if some could, figures are of those. */
export interface Ledger {
  /** When it was read, and when counting began (the latest of the queues), milliseconds since 1970. */
  readonly at: number
  readonly since: number | undefined
  readonly total: LedgerTotals | null
  /** Sorted by name. With `unread` they make up the total. */
  readonly topics: ReadonlyArray<TopicRow>
  /** Lines whose topic is unknown because there are too many to read. */
  readonly unread: { readonly waiting: number; readonly inFlight: number } | null
  /** The received lines that other programs pushed. */
  readonly fromOthers: number | null
  readonly queues: ReadonlyArray<QueueRow>
  /** A line for each rule that matched, by name; null if the store of reactions could not be read. */
  readonly reactions: ReadonlyArray<RuleTotals> | null
  /** All of these lines together; the name of its line is empty. */
  readonly reactionsTotal: RuleTotals | null
  /** Why the store of reactions could not be read; undefined otherwise. */
  readonly reactionsTrouble: string | undefined
  /** Sentences for people, without those about unreachable queues. */
  readonly warnings: ReadonlyArray<string>
  /** Whether it balances, for the queues that could be read and for the reactions, if they could be. */
  readonly balanced: boolean | null
  /** Whether every queue and the store of reactions could be read. */
  readonly complete: boolean
}
