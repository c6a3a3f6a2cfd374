/** The ledger as it is read and shown: totals per topic and per queue, with warnings. Types only. */
import type { Topic } from "../../../contracts/ids.ts"

/** Numbers of lines. `received = stored + dead + discarded + waiting + inFlight`, when it adds up. */
export interface LedgerTotals {
  /** In the queue, ever: each line once, however often it was replayed. */
  readonly received: number
  readonly stored: number
  /** Dead letters that are in the list still, as counted. */
  readonly dead: number
  /** Dead letters given up for good. */
  readonly discarded: number
  /** Nobody has claimed them. */
  readonly waiting: number
  /** Claimed, not settled. */
  readonly inFlight: number
  /** How often a dead letter was pushed again: such a line is under way or settled again, so it is no part of the sum. */
  readonly replayed: number
}

export interface TopicRow extends LedgerTotals {
  readonly topic: Topic
}

/** One queue server in the account. */
export interface QueueRow {
  readonly kind: string
  readonly address: string
  /** What it said when it could not be counted; undefined when it was. */
  readonly trouble: string | undefined
  /** When it began to count, milliseconds since 1970. */
  readonly since: number | undefined
  /** All topics of this queue; undefined when it could not be counted. */
  readonly account: LedgerTotals | undefined
  /** How long its list of dead letters is, whoever put them there; null when it could not be counted. */
  readonly deadLetters: number | null
}

/** What no queue could be asked is null, never 0; where some could be counted, the figures are of those. */
export interface Ledger {
  /** When it was read, and since when it is counted (the latest of the queues), milliseconds since 1970. */
  readonly at: number
  readonly since: number | undefined
  readonly total: LedgerTotals | null
  /** Sorted by name. With `unread` they make up the total. */
  readonly topics: ReadonlyArray<TopicRow>
  /** Lines whose topic is not known yet, because there are too many to read them. */
  readonly unread: { readonly waiting: number; readonly inFlight: number } | null
  /** Of the received: how many Spoor did not push itself. */
  readonly fromOthers: number | null
  readonly queues: ReadonlyArray<QueueRow>
  /** Sentences for people; those of queues that are down are not among them. */
  readonly warnings: ReadonlyArray<string>
  /** Does it add up, as far as the queues could be counted? */
  readonly balanced: boolean | null
  /** Could every queue be counted? */
  readonly complete: boolean
}
