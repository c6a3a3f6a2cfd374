/**
 * The bounded mailbox of an actor: a limited number of messages is handled at the same time, a limited number may wait,
 * and one more is refused with `busy` at once. Lives as long as one run of the actor.
 */
import { Cause, Clock, Effect, Exit, Option, Semaphore } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { Deadline } from "./deadline.ts"
import type { Meter } from "./metrics.ts"

/** The size and age of a message, for the metrics: its number of events, and when the oldest was created, milliseconds since 1970. */
export interface Weight {
  readonly events: number
  readonly oldest?: number | undefined
}

/** The limits of a mailbox, in messages. */
export interface Limits {
  /** Messages handled at the same time. */
  readonly concurrency: number
  /** Messages in flight or waiting; at least `concurrency`. */
  readonly capacity: number
}

/** The mailbox of an actor, as its inbox delivers to it. */
export interface Mailbox<Message, Answer> {
  readonly limits: Limits
  /**
   * Delivers a message to the actor's handler and waits for its answer. Fails as the handler fails; with `busy` when the
   * mailbox is full, `expired` when the deadline leaves no time to begin, and `crashed` when the handler crashed.
   */
  readonly deliver: (message: Message, weight: Weight) => Effect.Effect<Answer, Failure>
}

/** An actor's handler: handles one message and returns its answer (see `make` in actor.ts). */
export type Handle<Message, Answer> = (message: Message) => Effect.Effect<Answer, Failure>

/** A message with less time left is not begun, milliseconds. */
export const minTimeLeftMs = 50

/** A mailbox in front of `handle`. */
export const makeMailbox = <Message, Answer>(
  limits: Limits,
  meter: Meter,
  handle: Handle<Message, Answer>
): Mailbox<Message, Answer> => {
  const slots = Semaphore.makeUnsafe(limits.concurrency)
  let inFlight = 0

  const settled = (
    exit: Exit.Exit<Answer, Failure>,
    { events, oldest }: Weight,
    begun: number,
    now: number
  ): Effect.Effect<void> => {
    inFlight -= 1
    const failure = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Exit.findErrorOption(exit))
    const isOwnFault = failure?.infrastructure === false
    return meter.settled({
      outcome: Exit.isSuccess(exit) ? "succeeded" : isOwnFault ? "failed" : "refused",
      events,
      reason: Exit.isSuccess(exit) ? undefined : (failure?.reason ?? "interrupted"),
      milliseconds: now - begun,
      age: oldest === undefined ? undefined : now - oldest,
      inFlight,
      capacity: limits.capacity,
      now
    })
  }

  const deliver = Effect.fnUntraced(function* (message: Message, weight: Weight) {
    if (inFlight >= limits.capacity) {
      yield* meter.count("received", weight.events)
      yield* meter.count("refused", weight.events, "busy")
      return yield* new Failure({ reason: "busy", message: "the mailbox is full" })
    }
    inFlight += 1
    yield* meter.arrived(weight.events, inFlight, limits.capacity, weight.oldest)
    const clock = yield* Clock.Clock
    const begun = clock.currentTimeMillisUnsafe()
    return yield* slots
      .withPermits(1)(failCrashes(handleInTime(message)))
      .pipe(Effect.onExit((exit) => settled(exit, weight, begun, clock.currentTimeMillisUnsafe())))
  })

  /** A message whose deadline has passed while it waited is not begun: the sender has given up and will send it again. */
  const handleInTime = Effect.fnUntraced(function* (message: Message) {
    if ((yield* Clock.currentTimeMillis) + minTimeLeftMs < (yield* Deadline)) return yield* handle(message)
    return yield* new Failure({
      reason: "expired",
      message: "the deadline passed before the message was begun"
    })
  })

  return { limits, deliver }
}

const failCrashes = <A>(effect: Effect.Effect<A, Failure>): Effect.Effect<A, Failure> =>
  Effect.catchCauseIf(
    effect,
    (cause) => Cause.hasDies(cause) && !Cause.hasInterrupts(cause),
    (cause) =>
      Effect.andThen(
        Effect.logError("the actor crashed on a message", cause),
        new Failure({ reason: "crashed", message: String(Cause.squash(cause)) })
      )
  )
