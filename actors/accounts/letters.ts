/**
 * The dead letters of all queue servers, for people: to search, to find one, to replay and to discard one or many.
 * Reads pages of 500, so memory stays bounded however long the lists are.
 */
import type { Effect } from "effect"
import type { LetterBox, QueueSource } from "../../bridge/ingest-queue/service.ts"
import type { RejectedBy, RejectionReason } from "../../contracts/batch.ts"
import type { DeadLetter } from "../../contracts/dead-letter.ts"
import type { Bytes } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"

export interface FoundLetter {
  /** What it is called by: its event's id, or `raw-` and 12 hex digits of the SHA-1 of its text when it is not ours. */
  readonly address: string
  /** The queue server it lies on, for people. */
  readonly queue: string
  /** Its exact text in the list, and what that says; undefined when it is not of our making. */
  readonly text: Bytes
  readonly letter: DeadLetter | undefined
  /** The line it is about: the letter's, or its whole text when it is not ours. */
  readonly line: Bytes
  /** The list that holds it. */
  readonly box: LetterBox
}

/** What to look for; what is left out does not matter. A letter that is not ours has no reason, stage, topic or time. */
export interface LetterFilter {
  readonly reason?: RejectionReason | undefined
  readonly stage?: RejectedBy | undefined
  readonly topic?: string | undefined
  /** Stands somewhere in the line, as `readable` shows it; upper and lower case are the same. */
  readonly text?: string | undefined
  /** When it was set aside: from `since` on, before `until`, milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface LetterQuery extends LetterFilter {
  readonly limit: number
  /** Where the page before ended. */
  readonly cursor?: string | undefined
  /** Look at no more letters than this; the page may then be short, and its cursor goes on. */
  readonly scan?: number | undefined
}

export interface LetterPage {
  readonly letters: ReadonlyArray<FoundLetter>
  /** Where the next page begins; undefined at the end. */
  readonly cursor: string | undefined
  /** How long the lists of the queues that answered are together. */
  readonly total: number
  /** A sentence for each queue that could not be read. */
  readonly troubles: ReadonlyArray<string>
}

/** How often a line may be replayed within a week and come back each time. */
export const allowedReplays = 3

export type Replayed = "done" | "gone" | "too often"

/** How many of each a run over many letters had; `troubles` as in a page. */
export interface ManyReplayed {
  readonly done: number
  readonly gone: number
  readonly tooOften: ReadonlyArray<string>
  readonly troubles: ReadonlyArray<string>
}
export interface ManyDiscarded {
  readonly done: number
  readonly gone: number
  readonly troubles: ReadonlyArray<string>
}

/**
 * A page of letters, newest first. When older letters are removed between two pages, the second may repeat some of the
 * first; none is left out. Fails with `unreadable` when the cursor is none of ours.
 */
export declare const searchLetters: (
  sources: ReadonlyArray<QueueSource>,
  query: LetterQuery
) => Effect.Effect<LetterPage, Failure>

/** The letter of that address; undefined when no queue has it. Fails when a queue cannot be read and no other has it. */
export declare const findLetter: (
  sources: ReadonlyArray<QueueSource>,
  address: string
) => Effect.Effect<FoundLetter | undefined, Failure>

/** Pushes its line, or the one given instead, to the queue it lies on, and takes it off the list: one atomic step. */
export declare const replayLetter: (
  found: FoundLetter,
  options?: { readonly line?: Bytes | undefined; readonly force?: boolean | undefined }
) => Effect.Effect<Replayed, Failure>

/** Takes it off the list for good; false when it is no longer there. */
export declare const discardLetter: (found: FoundLetter) => Effect.Effect<boolean, Failure>

/** Replays every letter that matches and was set aside before this began, so that what comes back ends no run. */
export declare const replayMatching: (
  sources: ReadonlyArray<QueueSource>,
  filter: LetterFilter,
  options?: { readonly force?: boolean | undefined }
) => Effect.Effect<ManyReplayed>

/** Discards every letter that matches and was set aside before this began. */
export declare const discardMatching: (
  sources: ReadonlyArray<QueueSource>,
  filter: LetterFilter
) => Effect.Effect<ManyDiscarded>
