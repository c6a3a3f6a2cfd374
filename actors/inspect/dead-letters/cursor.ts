/**
 * A cursor through the dead letters of one queue server, from the newest to the oldest, a page at a time. Letters that
 * arrive later are beyond its start and are not returned; removed letters only move others closer, so none is skipped.
 * Lives as long as one search.
 */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { Effect } from "effect"
import type { DeadLetterList, QueueSource, StoredDeadLetter } from "../../../bridge/ingest-queue/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Failure } from "../../../contracts/failure.ts"

/** A dead letter as it was found. */
export interface FoundDeadLetter extends StoredDeadLetter {
  /** Its address: the event id, or `raw-` and 12 hex digits of the SHA-1 of its text if another program wrote it. */
  readonly address: string
  /** The queue server that holds it, for people. */
  readonly queue: string
  /** Its exact text in the list, and the decoded letter; undefined if another program wrote it. */
  readonly text: ByteString
  readonly letter: DeadLetter | undefined
  /** The rejected line: the letter's, or its whole text if another program wrote it. */
  readonly line: ByteString
  /** The list that holds it. */
  readonly box: DeadLetterList
}

/** The number of letters read at once. */
const pageSize = 500

export interface DeadLetterCursor {
  /** The length of the list at the start. */
  readonly length: number
  /** Places from 0 to this one (exclusive) are still to be read. */
  left: number
  /** The letters read but not returned yet, the newest last. */
  readonly page: Array<FoundDeadLetter>
  readonly source: QueueSource
}

/** A cursor from place `from` (exclusive) downwards; default: from the end of the list. */
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

/** The next letter, without taking it; undefined at the end. */
export const peek = Effect.fnUntraced(function* (
  cursor: DeadLetterCursor
): Effect.fn.Return<FoundDeadLetter | undefined, Failure> {
  while (cursor.page.length === 0 && cursor.left > 0) {
    const from = Math.max(0, cursor.left - pageSize)
    const stored = yield* cursor.source.deadLetters.read(from, cursor.left - from)
    cursor.page.push(...stored.map((one) => found(cursor.source, one)))
    cursor.left = from + stored.length
  }
  return cursor.page.at(-1)
})

/** Takes the letter that `peek` returned. */
export const take = (cursor: DeadLetterCursor): void => {
  if (cursor.page.pop() !== undefined) cursor.left -= 1
}

/** Takes all letters of the page, the newest first. */
export const takePage = (cursor: DeadLetterCursor): ReadonlyArray<FoundDeadLetter> => {
  const page = cursor.page.splice(0).toReversed()
  cursor.left -= page.length
  return page
}

const found = (
  { dependency, deadLetters }: QueueSource,
  { text, letter }: StoredDeadLetter
): FoundDeadLetter => ({
  address: letter?.id ?? rawAddress(text),
  queue: dependency.address,
  text,
  letter,
  line: letter === undefined ? text : byteStringOf(letter.line),
  box: deadLetters
})

const rawAddress = (text: ByteString): string =>
  `raw-${createHash("sha1").update(Buffer.from(text, "latin1")).digest("hex").slice(0, 12)}`
