/**
 * The answers that one member of a queue group is working on: each runs in a fiber of its own and is settled exactly
 * once. They live as long as the scope; the ones that `finish` did not see end are interrupted when it closes.
 */
import { Cause, Effect, Exit, FiberSet, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { BusRequest } from "./service.ts"

/** How long the end of a scope waits for the answers under way, milliseconds. */
export const drainTime = 10_000

export interface Answers {
  /** Starts the answer to a request. `settle` gets the answer, or why there is none; it is called once. */
  readonly start: (request: BusRequest, settle: (answer: Uint8Array | Failure) => void) => void
  /** Waits until no answer is under way, at most `drainTime`. */
  readonly finish: Effect.Effect<void>
}

/**
 * Runs `answer` for requests on `subject` (named in the log when an answer dies). Of an answer of more
 * bytes than `limit` says only `too-large` is told: the work is done, and whoever asks for less of it gets an answer.
 */
export const makeAnswers = Effect.fnUntraced(function* (
  subject: string,
  answer: (request: BusRequest) => Effect.Effect<Uint8Array>,
  limit: () => number
): Effect.fn.Return<Answers, never, Scope.Scope> {
  const fibers = yield* FiberSet.make()
  const run = yield* FiberSet.runtime(fibers)<never>()
  return {
    start: (request, settle) => {
      run(
        Effect.suspend(() => answer(request)).pipe(
          Effect.onExit((exit) => {
            const settled = Effect.sync(() =>
              settle(Exit.isSuccess(exit) ? fitting(exit.value, limit()) : noAnswer(exit.cause))
            )
            return Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
              ? settled
              : Effect.andThen(settled, Effect.logError(`The answer on ${subject} crashed`, exit.cause))
          }),
          Effect.exit
        )
      )
    },
    finish: FiberSet.awaitEmpty(fibers).pipe(Effect.timeoutOption(drainTime), Effect.asVoid)
  }
})

const fitting = (answer: Uint8Array, limit: number): Uint8Array | Failure =>
  answer.length <= limit
    ? answer
    : new Failure({
        reason: "too-large",
        message: `an answer of ${answer.length} bytes is over the limit of ${limit}`
      })

const noAnswer = (cause: Cause.Cause<never>): Failure =>
  Cause.hasInterruptsOnly(cause)
    ? new Failure({ reason: "timeout", message: "the one asked stopped before it had answered" })
    : new Failure({ reason: "crashed", message: `the one asked crashed: ${String(Cause.squash(cause))}` })
