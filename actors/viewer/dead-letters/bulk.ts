/** Replays and discards dead letters: chosen ones, or all that match. Says in numbers and sentences how it went. */
import { Effect, Option, Result, Semaphore } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Failure } from "../../../contracts/failure.ts"
import {
  discardDeadLetter,
  discardMatching,
  type FoundDeadLetter,
  replayDeadLetter,
  replayMatching,
  searchDeadLetters
} from "../../inspect/dead-letters/search.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import type { DiscardOrder, ReplayOrder } from "./commands.ts"

export interface RunOutcome {
  readonly done: number
  /** No longer there. */
  readonly gone: number
  /** Came back from so many replays that they stay where they are: how many, and the addresses of the first of them. */
  readonly tooOften: number
  readonly tooOftenLetters: ReadonlyArray<string>
  /** Sentences; what they are about was not done. */
  readonly troubles: ReadonlyArray<string>
}

export interface DeadLetterRuns {
  readonly replay: (order: ReplayOrder) => Effect.Effect<RunOutcome>
  readonly discard: (order: DiscardOrder) => Effect.Effect<RunOutcome>
}

/** So many addresses of letters that came back too often are told; more can be asked for after those. */
const toldAddresses = 100

/** How many letters are read at once in search of the chosen ones. */
const pageSize = 500

/** The runs over all letters of these queues; one run over a filter at a time. */
export const deadLetterRuns = (sources: ReadonlyArray<QueueSource>): DeadLetterRuns => {
  const oneAtATime = Semaphore.makeUnsafe(1)
  const alone = (run: Effect.Effect<RunOutcome>): Effect.Effect<RunOutcome> =>
    Effect.map(
      oneAtATime.withPermitsIfAvailable(1)(run),
      Option.getOrElse(() => trouble("Another run over many letters is under way: wait until it has ended."))
    )

  const eachChosen = (
    addresses: ReadonlyArray<string>,
    act: (letter: FoundDeadLetter) => Effect.Effect<"done" | "gone" | "too often", Failure>
  ): Effect.Effect<RunOutcome> =>
    collect(sources, addresses).pipe(
      Effect.flatMap(({ found, missing, troubles }) =>
        Effect.map(
          Effect.forEach(found, (letter) =>
            Effect.map(Effect.result(act(letter)), (how) => ({ letter, how }))
          ),
          (ends) => counted(ends, missing, troubles)
        )
      ),
      Effect.catch(({ message }) => Effect.succeed(trouble(message)))
    )

  return {
    replay: (order) => {
      const { force } = order
      if ("filter" in order) {
        return alone(
          Effect.map(replayMatching(sources, order.filter, { force }), ({ tooOften, ...rest }) => ({
            ...rest,
            tooOften: tooOften.length,
            tooOftenLetters: tooOften.slice(0, toldAddresses)
          }))
        )
      }
      const line = editedLine(order)
      if (Result.isFailure(line)) return Effect.succeed(trouble(line.failure))
      return eachChosen(order.letters, (letter) => replayDeadLetter(letter, { line: line.success, force }))
    },
    discard: (order) =>
      "filter" in order
        ? alone(
            Effect.map(discardMatching(sources, order.filter), (many) => ({
              ...many,
              tooOften: 0,
              tooOftenLetters: []
            }))
          )
        : eachChosen(order.letters, (letter) =>
            Effect.map(discardDeadLetter(letter), (isDone) => (isDone ? "done" : "gone"))
          )
  }
}

const trouble = (sentence: string): RunOutcome => ({
  done: 0,
  gone: 0,
  tooOften: 0,
  tooOftenLetters: [],
  troubles: [sentence]
})

const editedLine = (order: {
  readonly letters: ReadonlyArray<string>
  readonly line?: string
}): Result.Result<ByteString | undefined, string> => {
  if (order.line === undefined) return Result.succeed(undefined)
  if (order.letters.length !== 1)
    return Result.fail("An edited line takes the place of one letter, not of several.")
  return fromReadable(order.line)
}

/** The letters of these addresses, in one walk from the newest on that ends with the last of them. */
const collect = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  addresses: ReadonlyArray<string>
) {
  const open = new Set(addresses)
  const found: Array<FoundDeadLetter> = []
  const troubles = new Set<string>()
  let cursor: string | undefined
  do {
    const page = yield* searchDeadLetters(sources, { limit: pageSize, cursor })
    for (const letter of page.letters) if (open.delete(letter.address)) found.push(letter)
    for (const sentence of page.troubles) troubles.add(sentence)
    cursor = troubles.size === 0 ? page.cursor : undefined
  } while (open.size > 0 && cursor !== undefined)
  return { found, missing: open.size, troubles }
})

interface End {
  readonly letter: FoundDeadLetter
  readonly how: Result.Result<"done" | "gone" | "too often", Failure>
}

/** What was not found where a queue could not be read may be there: then it is not told to be gone. */
const counted = (ends: ReadonlyArray<End>, missing: number, troubles: Set<string>): RunOutcome => {
  const counts = { done: 0, gone: troubles.size === 0 ? missing : 0, "too often": 0 }
  const tooOftenLetters: Array<string> = []
  for (const { letter, how } of ends) {
    if (Result.isFailure(how)) {
      troubles.add(how.failure.message)
      continue
    }
    counts[how.success] += 1
    if (how.success === "too often") tooOftenLetters.push(letter.address)
  }
  return {
    done: counts.done,
    gone: counts.gone,
    tooOften: counts["too often"],
    tooOftenLetters,
    troubles: [...troubles]
  }
}
