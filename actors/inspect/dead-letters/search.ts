/**
 * The dead letters of all queue servers, for people: to search, to find one, to replay and to discard one or many.
 * Reads pages of 500, so memory stays bounded however long the lists are.
 */
import { Clock, Effect, Result } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { RejectedBy, RejectionReason } from "../../../contracts/batch.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { readable } from "../escape-bytes.ts"
import { beginCursor, type DeadLetterCursor, type FoundDeadLetter, peek, take, takePage } from "./cursor.ts"

export type { FoundDeadLetter } from "./cursor.ts"

/** What to look for; what is left out does not matter. A letter that is not ours has no reason, stage, topic or time. */
export interface DeadLetterFilter {
  readonly reason?: RejectionReason | undefined
  readonly stage?: RejectedBy | undefined
  readonly topic?: string | undefined
  /** Stands somewhere in the line, as `readable` shows it; upper and lower case are the same. */
  readonly text?: string | undefined
  /** When it was set aside: from `since` on, before `until`, milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface DeadLetterQuery extends DeadLetterFilter {
  readonly limit: number
  /** Where the page before ended. */
  readonly cursor?: string | undefined
  /** Look at no more letters than this; the page may then be short, and its cursor goes on. */
  readonly scan?: number | undefined
}

export interface DeadLetterPage {
  readonly letters: ReadonlyArray<FoundDeadLetter>
  /** Where the next page begins; undefined at the end. */
  readonly cursor: string | undefined
  /** How long the lists of the queues that answered are together; null when none did. */
  readonly total: number | null
  /** A sentence for each queue that could not be read. */
  readonly troubles: ReadonlyArray<string>
}

/** How often a line may be replayed within a week and come back each time. */
export const allowedReplays = 3

export type Replayed = "done" | "gone" | "too often"

/** How a run over many letters ended; `troubles` as in a page. */
export interface ManyReplayed {
  readonly done: number
  /** Somebody else had replayed or discarded them meanwhile. */
  readonly gone: number
  /** Their addresses; these stay in the list. */
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
  const walks = outcomes.map(Result.getOrUndefined)
  const broken = new Set<DeadLetterCursor>()
  const letters: Array<FoundDeadLetter> = []
  let looked = 0
  while (letters.length < query.limit && looked < (query.scan ?? Number.POSITIVE_INFINITY)) {
    let newest: { readonly walk: DeadLetterCursor; readonly letter: FoundDeadLetter } | undefined
    for (const walk of walks) {
      if (walk === undefined || broken.has(walk)) continue
      const next = yield* Effect.result(peek(walk))
      if (Result.isFailure(next)) {
        broken.add(walk)
        troubles.push(troubleOf(walk.source, next.failure))
      } else if (
        next.success !== undefined &&
        (newest === undefined || timeOf(next.success) > timeOf(newest.letter))
      ) {
        newest = { walk, letter: next.success }
      }
    }
    if (newest === undefined) break
    take(newest.walk)
    looked += 1
    if (matches(newest.letter, query)) letters.push(newest.letter)
  }
  const left = walks.map((walk, i) => walk?.left ?? places[i])
  return {
    letters,
    cursor: left.every((place) => place === 0) || left.every(isUnknown) ? undefined : writeCursor(left),
    total: walks.every(isUnknown) ? null : walks.reduce((sum, walk) => sum + (walk?.length ?? 0), 0),
    troubles
  }
})

const isUnknown = (one: unknown): boolean => one === undefined

/** The letter of that address; undefined when no queue has it. Fails when a queue cannot be read and no other has it. */
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

/** The newest letter of that address on one queue server. */
export const findOn: (
  source: QueueSource,
  address: string
) => Effect.Effect<FoundDeadLetter | undefined, Failure> = Effect.fnUntraced(function* (source, address) {
  const walk = yield* beginCursor(source, undefined)
  for (;;) {
    const letter = yield* peek(walk)
    if (letter === undefined || letter.address === address) return letter
    take(walk)
  }
})

/**
 * Pushes its line, or the one given instead, to the queue it lies on, and takes it off the list: one atomic step. "too
 * often" when that line came back from as many replays as are allowed; `force` pushes it nevertheless.
 */
export const replayDeadLetter = (
  { box, text, letter, line }: FoundDeadLetter,
  options: { readonly line?: ByteString | undefined; readonly force?: boolean | undefined } = {}
): Effect.Effect<Replayed, Failure> =>
  box.replay(
    { text, letter },
    options.line ?? line,
    options.force === true ? Number.MAX_SAFE_INTEGER : allowedReplays
  )

/** Takes it off the list for good; false when it is no longer there. */
export const discardDeadLetter = ({ box, text, letter }: FoundDeadLetter): Effect.Effect<boolean, Failure> =>
  box.discard({ text, letter })

/** Replays every letter that matches and was set aside before this began, so that what comes back ends no run. */
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

/** Discards every letter that matches and was set aside before this began. */
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

/** How many letters of a page are worked on side by side. */
const sideBySide = 16

/**
 * Does something with every letter that matches and was set aside before this began. A queue that fails is left where
 * it failed; returns a sentence for each of those.
 */
const forEachMatching = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  filter: DeadLetterFilter,
  act: (letter: FoundDeadLetter) => Effect.Effect<void, Failure>
) {
  const begun = yield* Clock.currentTimeMillis
  const one = Effect.fnUntraced(function* (source: QueueSource) {
    const walk = yield* beginCursor(source, undefined)
    while ((yield* peek(walk)) !== undefined) {
      const chosen = takePage(walk).filter(
        (found) => matches(found, filter) && (found.letter === undefined || found.letter.last < begun)
      )
      yield* Effect.forEach(chosen, act, { concurrency: sideBySide, discard: true })
    }
  })
  const outcomes = yield* Effect.forEach(sources, (source) => Effect.result(one(source)), {
    concurrency: "unbounded"
  })
  return outcomes.flatMap((outcome, i) =>
    Result.isFailure(outcome) ? [troubleOf(sources[i], outcome.failure)] : []
  )
})

/** A letter of another's making has no time: it comes as soon as it is met. */
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

/** A place for each queue server, in the order they are set, separated by dots; empty where it is not known. */
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
      new Failure({ reason: "unreadable", message: `"${cursor}" is no place to go on from.` })
    )
  }
  return Effect.succeed(parts.map((part) => (part === "" ? undefined : Number(part))))
}
