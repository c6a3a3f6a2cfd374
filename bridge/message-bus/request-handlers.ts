/**
 * The requests that one responder handles now: each runs in a fiber of its own and gets exactly one reply. They live as
 * long as the scope; closing it interrupts those that are still in flight after `finish`.
 */
import { Cause, Effect, Exit, FiberSet, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { type Answer, type BusReply, type BusRequest, partsOf } from "./service.ts"

/** How long a closing scope waits for requests in flight, milliseconds. */
export const drainTimeoutMs = 10_000

export interface RequestHandlers {
  /** Starts to handle a request. `settle` is called once, with the reply or the failure. */
  readonly start: (request: BusRequest, settle: (reply: BusReply | Failure) => void) => void
  /** Waits until no request is in flight, at most `drainTimeoutMs`. */
  readonly finish: Effect.Effect<void>
}

/**
 * Runs `answer` for requests on `subject`; a crash is logged with the subject. A reply of more than `limit` bytes becomes
 * the failure `too-large`: the work is done, and a smaller request can get a reply.
 */
export const makeRequestHandlers = Effect.fnUntraced(function* (
  subject: string,
  answer: (request: BusRequest) => Effect.Effect<Answer>,
  limit: () => number,
  instance?: string
): Effect.fn.Return<RequestHandlers, never, Scope.Scope> {
  const fibers = yield* FiberSet.make()
  const run = yield* FiberSet.runtime(fibers)<never>()
  return {
    start: (request, settle) => {
      run(
        Effect.suspend(() => answer(request)).pipe(
          Effect.onExit((exit) => {
            const settled = Effect.sync(() =>
              settle(Exit.isSuccess(exit) ? checkSize(exit.value, limit(), instance) : failureOf(exit.cause))
            )
            return Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
              ? settled
              : Effect.andThen(
                  settled,
                  Effect.logError(`The request handler of ${subject} crashed`, exit.cause)
                )
          }),
          Effect.exit
        )
      )
    },
    finish: FiberSet.awaitEmpty(fibers).pipe(Effect.timeoutOption(drainTimeoutMs), Effect.asVoid)
  }
})

const checkSize = (answer: Answer, limit: number, instance: string | undefined): BusReply | Failure => {
  const { payload, format } = partsOf(answer)
  return payload.length <= limit
    ? { payload, format, instance }
    : new Failure({
        reason: "too-large",
        message: `a reply of ${payload.length} bytes exceeds the limit of ${limit} bytes`
      })
}

const failureOf = (cause: Cause.Cause<never>): Failure =>
  Cause.hasInterruptsOnly(cause)
    ? new Failure({ reason: "timeout", message: "the responder stopped before it replied" })
    : new Failure({ reason: "crashed", message: `the responder crashed: ${String(Cause.squash(cause))}` })
