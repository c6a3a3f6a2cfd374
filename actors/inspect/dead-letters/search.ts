/**
 * Operations on the dead letters of all queue servers: search, find, replay and discard, one or many. Reads pages of 500,
 * so memory is bounded however long the lists are. Keeps no state.
 */
import { Clock, Effect, Result } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { DeadLetterReason, DeadLetterStage } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { readable } from "../escape-bytes.ts"
import { beginCursor, type DeadLetterCursor, type FoundDeadLetter, peek, take, takePage } from "./cursor.ts"

export type { FoundDeadLetter } from "./cursor.ts"

/** A filter; absent fields match everything. A letter of another program has no reason, stage, topic or time. */
export interface DeadLetterFilter {
  readonly reason?: DeadLetterReason | undefined
  readonly stage?: DeadLetterStage | undefined
  readonly topic?: string | undefined
  /** A part of the line as `readable` shows it, case-insensitive. */
  readonly text?: string | undefined
  /** When it was dead-lettered: from `since`, before `until`, milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface DeadLetterQuery extends DeadLetterFilter {
  readonly limit: number
  /** The cursor of the previous page. */
  readonly cursor?: string | undefined
  /** The maximum number of letters to scan; the page may then be short, and its cursor continues. */
  readonly scan?: number | undefined
}

export interface DeadLetterPage {
  readonly letters: ReadonlyArray<FoundDeadLetter>
  /** The cursor of the next page; undefined at the end. */
  readonly cursor: string | undefined
  /** The total length of the lists of the queues that answered; null if none did. */
  readonly total: number | null
  /** A sentence for each queue that could not be read. */
  readonly troubles: ReadonlyArray<string>
}

/** How often a line may be replayed within a week if it becomes a dead letter again each time. */
export const maxReplays = 3

export type Replayed = "done" | "gone" | "too often"

/** The result of a run over many letters; `troubles` as in a page. */
export interface ManyReplayed {
  readonly done: number
  /** Letters that another person or process replayed or discarded in the meantime. */
  readonly gone: number
  /** The addresses of letters replayed too often; they stay in the list. */
  readonly tooOften: ReadonlyArray<string>
  readonly troubles: ReadonlyArray<string>
}
export interface ManyDiscarded {
  readonly done: number
  readonly gone: number
  readonly troubles: ReadonlyArray<string>
}

/**
 * A page of letters, newest first. If older letters are removed between two pages, the second page may repeat letters of
 * the first; none is skipped. Fails with `unreadable` for an invalid cursor.
 */
export const searchDeadLetters: (
  sources: ReadonlyArray<QueueSource>,
  query: DeadLetterQuery
) => Effect.Effect<DeadLetterPage, Failure> = Effect.fnUntraced(function* (sources, query) {
  const places = yield* readCursor(query.cursor, sources.length)
  const outcomes = yield* Effect.forEach(
    sources,
    (source, i) => Effect.result(beginCursor(source, places[i])),
    { concurrency: "unbounded" }
  )
  const troubles = outcomes.flatMap((outcome, i) =>
    Result.isFailure(outcome) ? [troubleOf(sources[i], outcome.failure)] : []
  )
  const cursors = outcomes.map(Result.getOrUndefined)
  const broken = new Set<DeadLetterCursor>()
  const letters: Array<FoundDeadLetter> = []
  let scanned = 0
  while (letters.length < query.limit && scanned < (query.scan ?? Number.POSITIVE_INFINITY)) {
    let newest: { readonly from: DeadLetterCursor; readonly letter: FoundDeadLetter } | undefined
    for (const cursor of cursors) {
      if (cursor === undefined || broken.has(cursor)) continue
      const next = yield* Effect.result(peek(cursor))
      if (Result.isFailure(next)) {
        broken.add(cursor)
        troubles.push(troubleOf(cursor.source, next.failure))
      } else if (
        next.success !== undefined &&
        (newest === undefined || timeOf(next.success) > timeOf(newest.letter))
      ) {
        newest = { from: cursor, letter: next.success }
      }
    }
    if (newest === undefined) break
    take(newest.from)
    scanned += 1
    if (matches(newest.letter, query)) letters.push(newest.letter)
  }
  const left = cursors.map((cursor, i) => cursor?.left ?? places[i])
  return {
    letters,
    cursor: left.every((place) => place === 0) || left.every(isUnknown) ? undefined : writeCursor(left),
    total: cursors.every(isUnknown) ? null : cursors.reduce((sum, cursor) => sum + (cursor?.length ?? 0), 0),
    troubles
  }
})

const isUnknown = (one: unknown): boolean => one === undefined

/** The letter with that address; undefined if no queue has it. Fails if a queue cannot be read and no other has it. */
export const findDeadLetter: (
  sources: ReadonlyArray<QueueSource>,
  address: string
) => Effect.Effect<FoundDeadLetter | undefined, Failure> = Effect.fnUntraced(function* (sources, address) {
  const outcomes = yield* Effect.forEach(sources, (source) => Effect.result(findOn(source, address)), {
    concurrency: "unbounded"
  })
  const found = outcomes.map(Result.getOrUndefined).find((letter) => letter !== undefined)
  if (found !== undefined) return found
  for (const outcome of outcomes) if (Result.isFailure(outcome)) return yield* outcome.failure
  return undefined
})

/** The newest letter with that address on one queue server. */
export const findOn: (
  source: QueueSource,
  address: string
) => Effect.Effect<FoundDeadLetter | undefined, Failure> = Effect.fnUntraced(function* (source, address) {
  const cursor = yield* beginCursor(source, undefined)
  for (;;) {
    const letter = yield* peek(cursor)
    if (letter === undefined || letter.address === address) return letter
    take(cursor)
  }
})

/**
 * Pushes the letter's line, or the given one instead, to its queue and removes the letter, in one atomic step. "too often"
 * if that line was replayed `maxReplays` times and came back each time; `force` pushes it anyway.
 */
export const replayDeadLetter = (
  { box, text, letter, line }: FoundDeadLetter,
  options: { readonly line?: ByteString | undefined; readonly force?: boolean | undefined } = {}
): Effect.Effect<Replayed, Failure> =>
  box.replay(
    { text, letter },
    options.line ?? line,
    options.force === true ? Number.MAX_SAFE_INTEGER : maxReplays
  )

/** Removes the letter for good; false if it is no longer in the list. */
export const discardDeadLetter = ({ box, text, letter }: FoundDeadLetter): Effect.Effect<boolean, Failure> =>
  box.discard({ text, letter })

/** Replays each matching letter that was dead-lettered before this run started, so that letters that come back do not extend it. */
export const replayMatching: (
  sources: ReadonlyArray<QueueSource>,
  filter: DeadLetterFilter,
  options?: { readonly force?: boolean | undefined }
) => Effect.Effect<ManyReplayed> = Effect.fnUntraced(function* (sources, filter, options) {
  let done = 0
  let gone = 0
  const tooOften: Array<string> = []
  const troubles = yield* forEachMatching(sources, filter, (letter) =>
    Effect.map(replayDeadLetter(letter, options), (outcome) => {
      if (outcome === "done") done += 1
      else if (outcome === "gone") gone += 1
      else tooOften.push(letter.address)
    })
  )
  return { done, gone, tooOften, troubles }
})

/** Discards each matching letter that was dead-lettered before this run started. */
export const discardMatching: (
  sources: ReadonlyArray<QueueSource>,
  filter: DeadLetterFilter
) => Effect.Effect<ManyDiscarded> = Effect.fnUntraced(function* (sources, filter) {
  let done = 0
  let gone = 0
  const troubles = yield* forEachMatching(sources, filter, (letter) =>
    Effect.map(discardDeadLetter(letter), (isDone) => {
      if (isDone) done += 1
      else gone += 1
    })
  )
  return { done, gone, troubles }
})

/** The number of letters of a page that are handled at the same time. */
const concurrency = 16

/**
 * Runs `act` on each matching letter that was dead-lettered before this run started. A queue that fails is not continued;
 * returns a sentence for each of these.
 */
const forEachMatching = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  filter: DeadLetterFilter,
  act: (letter: FoundDeadLetter) => Effect.Effect<void, Failure>
) {
  const startedAt = yield* Clock.currentTimeMillis
  const one = Effect.fnUntraced(function* (source: QueueSource) {
    const cursor = yield* beginCursor(source, undefined)
    while ((yield* peek(cursor)) !== undefined) {
      const chosen = takePage(cursor).filter(
        (found) => matches(found, filter) && (found.letter === undefined || found.letter.last < startedAt)
      )
      yield* Effect.forEach(chosen, act, { concurrency, discard: true })
    }
  })
  const outcomes = yield* Effect.forEach(sources, (source) => Effect.result(one(source)), {
    concurrency: "unbounded"
  })
  return outcomes.flatMap((outcome, i) =>
    Result.isFailure(outcome) ? [troubleOf(sources[i], outcome.failure)] : []
  )
})

/** A letter of another program has no time: it is returned as soon as it is found. */
const timeOf = ({ letter }: FoundDeadLetter): number => letter?.last ?? Number.POSITIVE_INFINITY

const matches = ({ letter, line }: FoundDeadLetter, filter: DeadLetterFilter): boolean => {
  const { reason, stage, topic, text, since, until } = filter
  if (reason !== undefined && letter?.reason !== reason) return false
  if (stage !== undefined && letter?.stage !== stage) return false
  if (topic !== undefined && letter?.topic !== topic) return false
  if (since !== undefined && !(letter !== undefined && letter.last >= since)) return false
  if (until !== undefined && !(letter !== undefined && letter.last < until)) return false
  return text === undefined || readable(line).toLowerCase().includes(text.toLowerCase())
}

const troubleOf = (source: QueueSource | undefined, { message }: Failure): string =>
  source === undefined || message.includes(source.dependency.address)
    ? message
    : `${source.dependency.address}: ${message}`

/** A place for each queue server, in the order of the settings, separated by dots; empty where unknown. */
const writeCursor = (places: ReadonlyArray<number | undefined>): string =>
  places.map((place) => place ?? "").join(".")

const readCursor = (
  cursor: string | undefined,
  queues: number
): Effect.Effect<ReadonlyArray<number | undefined>, Failure> => {
  if (cursor === undefined) return Effect.succeed([])
  const parts = cursor.split(".")
  if (parts.length !== queues || !parts.every((part) => /^\d{0,15}$/.test(part))) {
    return Effect.fail(
      new Failure({
        reason: "unreadable",
        message: `Invalid cursor "${cursor}": use the one of the previous page.`
      })
    )
  }
  return Effect.succeed(parts.map((part) => (part === "" ? undefined : Number(part))))
}
