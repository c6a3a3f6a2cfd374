/**
 * Where an actor's messages arrive: so many are handled at a time, so many more may wait, and one over that is
 * refused as `busy` at once. Lives as long as one run of the actor.
 */
import { Cause, Clock, Effect, Exit, Option, Semaphore } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { Deadline } from "./deadline.ts"
import type { Meter } from "./metrics.ts"

/** What an inbox tells of a message: how many events are in it, and when the oldest was made (ms since 1970). */
export interface Weight {
  readonly events: number
  readonly oldest?: number | undefined
}

export interface Limits {
  /** Messages handled at the same time. */
  readonly concurrency: number
  /** Messages under way or waiting; at least `concurrency`. */
  readonly capacity: number
}

export interface Mailbox<Message, Answer> {
  readonly limits: Limits
  /** Hands a message to the actor and waits for its answer. A crash of the actor is the failure `crashed`. */
  readonly deliver: (message: Message, weight: Weight) => Effect.Effect<Answer, Failure>
}

/** What an actor does with one message. */
export type Handle<Message, Answer> = (message: Message) => Effect.Effect<Answer, Failure>

/** A message with less time left than this is not begun, milliseconds. */
export const leastTime = 50

/** A mailbox in front of `handle`. */
export const makeMailbox = <Message, Answer>(
  limits: Limits,
  meter: Meter,
  handle: Handle<Message, Answer>
): Mailbox<Message, Answer> => {
  const places = Semaphore.makeUnsafe(limits.concurrency)
  let underWay = 0

  const settled = (
    exit: Exit.Exit<Answer, Failure>,
    { events, oldest }: Weight,
    begun: number,
    now: number
  ): Effect.Effect<void> => {
    underWay -= 1
    const failure = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Exit.findErrorOption(exit))
    const isOurs = failure?.infrastructure === false
    return meter.settled({
      outcome: Exit.isSuccess(exit) ? "succeeded" : isOurs ? "failed" : "refused",
      events,
      reason: Exit.isSuccess(exit) ? undefined : (failure?.reason ?? "interrupted"),
      milliseconds: now - begun,
      age: oldest === undefined ? undefined : now - oldest,
      size: underWay,
      capacity: limits.capacity,
      now
    })
  }

  const deliver = Effect.fnUntraced(function* (message: Message, weight: Weight) {
    if (underWay >= limits.capacity) {
      yield* meter.count("received", weight.events)
      yield* meter.count("refused", weight.events, "busy")
      return yield* new Failure({ reason: "busy", message: "the mailbox is full" })
    }
    underWay += 1
    yield* meter.arrived(weight.events, underWay, limits.capacity)
    const clock = yield* Clock.Clock
    const begun = clock.currentTimeMillisUnsafe()
    return yield* places
      .withPermits(1)(failCrashes(inTime(message)))
      .pipe(Effect.onExit((exit) => settled(exit, weight, begun, clock.currentTimeMillisUnsafe())))
  })

  /** A message that waited until nobody waits for its answer is not begun: it will come again. */
  const inTime = Effect.fnUntraced(function* (message: Message) {
    if ((yield* Clock.currentTimeMillis) + leastTime < (yield* Deadline)) return yield* handle(message)
    return yield* new Failure({ reason: "expired", message: "there was no time left to begin" })
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
