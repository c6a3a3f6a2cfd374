/**
 * A walk through one queue server's dead letters, from the newest to the oldest, a page at a time. Letters that arrive
 * meanwhile stand behind its beginning and are not met; letters that leave only move others closer, so none is missed.
 */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { DeadLetterBox, QueueSource, StoredDeadLetter } from "../../../bridge/ingest-queue/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Failure } from "../../../contracts/failure.ts"

/** A dead letter as it was met. */
export interface FoundDeadLetter extends StoredDeadLetter {
  /** What it is called by: its event's id, or `raw-` and 12 hex digits of the SHA-1 of its text when it is not ours. */
  readonly address: string
  /** The queue server it lies on, for people. */
  readonly queue: string
  /** Its exact text in the list, and what that says; undefined when it is not of our making. */
  readonly text: ByteString
  readonly letter: DeadLetter | undefined
  /** The line it is about: the letter's, or its whole text when it is not ours. */
  readonly line: ByteString
  /** The list that holds it. */
  readonly box: DeadLetterBox
}

/** How many letters are read at once. */
const pageSize = 500

export interface DeadLetterCursor {
  /** How long the list was at the beginning. */
  readonly length: number
  /** Places from 0 to this one, exclusive, are ahead. */
  left: number
  /** The letters read and not handed out yet, the newest last. */
  readonly page: Array<FoundDeadLetter>
  readonly source: QueueSource
}

/** A walk from place `from` (exclusive) down; without it from the end of the list. */
export const beginCursor = (
  source: QueueSource,
  from: number | undefined
): Effect.Effect<DeadLetterCursor, Failure> =>
  Effect.map(source.depth, ({ deadLetters }) => ({
    source,
    length: deadLetters,
    left: Math.min(from ?? deadLetters, deadLetters),
    page: []
  }))

/** The letter that is next, without taking it; undefined at the end. */
export const peek = Effect.fnUntraced(function* (
  walk: DeadLetterCursor
): Effect.fn.Return<FoundDeadLetter | undefined, Failure> {
  while (walk.page.length === 0 && walk.left > 0) {
    const from = Math.max(0, walk.left - pageSize)
    const stored = yield* walk.source.letters.read(from, walk.left - from)
    walk.page.push(...stored.map((one) => found(walk.source, one)))
    walk.left = from + stored.length
  }
  return walk.page.at(-1)
})

/** Takes the letter that was peeked at. */
export const take = (walk: DeadLetterCursor): void => {
  if (walk.page.pop() !== undefined) walk.left -= 1
}

/** Takes all that were read together, the newest first. */
export const takePage = (walk: DeadLetterCursor): ReadonlyArray<FoundDeadLetter> => {
  const page = walk.page.splice(0).toReversed()
  walk.left -= page.length
  return page
}

const found = (
  { dependency, letters }: QueueSource,
  { text, letter }: StoredDeadLetter
): FoundDeadLetter => ({
  address: letter?.id ?? rawAddress(text),
  queue: dependency.address,
  text,
  letter,
  line: letter === undefined ? text : byteStringOf(letter.line),
  box: letters
})

const rawAddress = (text: ByteString): string =>
  `raw-${createHash("sha1").update(Buffer.from(text, "latin1")).digest("hex").slice(0, 12)}`
