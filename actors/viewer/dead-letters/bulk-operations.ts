/** Replays and discards dead letters, selected ones or all that match a filter, and reports counts and errors. */
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
import type { DiscardCommand, ReplayCommand } from "./commands.ts"

export interface BulkOutcome {
  /** Dead letters replayed or discarded. */
  readonly done: number
  /** Dead letters that no longer exist. */
  readonly gone: number
  /** Dead letters refused because they came back after too many replays, and the addresses of the first of them. */
  readonly tooOften: number
  readonly tooOftenLetters: ReadonlyArray<string>
  /** Errors, as sentences; what they refer to was not done. */
  readonly troubles: ReadonlyArray<string>
}

export interface BulkOperations {
  readonly replay: (command: ReplayCommand) => Effect.Effect<BulkOutcome>
  readonly discard: (command: DiscardCommand) => Effect.Effect<BulkOutcome>
}

/** Limit of the addresses reported in `tooOftenLetters`. */
const maxReportedAddresses = 100

/** Dead letters read at a time while searching for the selected ones. */
const pageSize = 500

type DeadLetterOutcome = "done" | "gone" | "too often"

/** Bulk operations on these queues; one operation over a filter at a time. */
export const bulkOperations = (sources: ReadonlyArray<QueueSource>): BulkOperations => {
  const oneAtATime = Semaphore.makeUnsafe(1)
  const exclusively = (operation: Effect.Effect<BulkOutcome>): Effect.Effect<BulkOutcome> =>
    Effect.map(
      oneAtATime.withPermitsIfAvailable(1)(operation),
      Option.getOrElse(() => failed("Another bulk operation is running: wait until it has finished."))
    )

  return {
    replay: (command) => {
      const { force } = command
      if ("filter" in command) {
        return exclusively(
          Effect.map(replayMatching(sources, command.filter, { force }), ({ tooOften, ...rest }) => ({
            ...rest,
            tooOften: tooOften.length,
            tooOftenLetters: tooOften.slice(0, maxReportedAddresses)
          }))
        )
      }
      const line = editedLine(command)
      if (Result.isFailure(line)) return Effect.succeed(failed(line.failure))
      return onEach(sources, command.letters, (letter) =>
        replayDeadLetter(letter, { line: line.success, force })
      )
    },
    discard: (command) =>
      "filter" in command
        ? exclusively(
            Effect.map(discardMatching(sources, command.filter), (outcome) => ({
              ...outcome,
              tooOften: 0,
              tooOftenLetters: []
            }))
          )
        : onEach(sources, command.letters, (letter) =>
            Effect.map(discardDeadLetter(letter), (isDone) => (isDone ? "done" : "gone"))
          )
  }
}

/** Finds the dead letters of these addresses and applies the operation to each. */
const onEach = (
  sources: ReadonlyArray<QueueSource>,
  addresses: ReadonlyArray<string>,
  operation: (letter: FoundDeadLetter) => Effect.Effect<DeadLetterOutcome, Failure>
): Effect.Effect<BulkOutcome> =>
  findAll(sources, addresses).pipe(
    Effect.flatMap(({ found, missing, troubles }) =>
      Effect.map(
        Effect.forEach(found, (letter) =>
          Effect.map(Effect.result(operation(letter)), (result) => ({ letter, result }))
        ),
        (results) => outcomeOf(results, missing, troubles)
      )
    ),
    Effect.catch(({ message }) => Effect.succeed(failed(message)))
  )

const failed = (message: string): BulkOutcome => ({
  done: 0,
  gone: 0,
  tooOften: 0,
  tooOftenLetters: [],
  troubles: [message]
})

const editedLine = (command: {
  readonly letters: ReadonlyArray<string>
  readonly line?: string
}): Result.Result<ByteString | undefined, string> => {
  if (command.line === undefined) return Result.succeed(undefined)
  if (command.letters.length !== 1)
    return Result.fail("An edited line can replace the line of one dead letter only: select one.")
  return fromReadable(command.line)
}

/** The dead letters of these addresses, found in one pass from the newest on. */
const findAll = Effect.fnUntraced(function* (
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
    for (const trouble of page.troubles) troubles.add(trouble)
    cursor = troubles.size === 0 ? page.cursor : undefined
  } while (open.size > 0 && cursor !== undefined)
  return { found, missing: open.size, troubles }
})

interface LetterResult {
  readonly letter: FoundDeadLetter
  readonly result: Result.Result<DeadLetterOutcome, Failure>
}

/** After an error, a missing dead letter may be in the queue that could not be read, so it does not count as gone. */
const outcomeOf = (
  results: ReadonlyArray<LetterResult>,
  missing: number,
  troubles: Set<string>
): BulkOutcome => {
  const counts = { done: 0, gone: troubles.size === 0 ? missing : 0, "too often": 0 }
  const tooOftenLetters: Array<string> = []
  for (const { letter, result } of results) {
    if (Result.isFailure(result)) {
      troubles.add(result.failure.message)
      continue
    }
    counts[result.success] += 1
    if (result.success === "too often") tooOftenLetters.push(letter.address)
  }
  return {
    done: counts.done,
    gone: counts.gone,
    tooOften: counts["too often"],
    tooOftenLetters,
    troubles: [...troubles]
  }
}
