/**
 * Looks at what flows: wishes for copies of events (contracts/event-copy.ts) and reads them, for as long as the stream runs.
 * At most once: a reader that is too slow loses the oldest messages, which the bus counts.
 */
import { Effect, Schema, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import {
  Copies,
  type CopyStage,
  copySubscriptionIntervalMs,
  copySubscriptionSubject
} from "../../../contracts/event-copy.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { decode, encode } from "../../../contracts/messages/msgpack.ts"

type Bus = MessageBus["Service"]

/** Every stage and every topic. */
export const allCopies = "spoor.copies.>"

/**
 * Copies of the stages that `stages` names at each moment; while it names none, nobody makes any. `subjects` narrows it
 * to one stage or topic. Fails as a subscription does.
 */
export const watchCopies = (
  bus: Bus,
  stages: () => ReadonlyArray<CopyStage>,
  subjects = allCopies
): Stream.Stream<Copies, Failure> =>
  Stream.unwrap(
    Effect.as(
      Effect.forkScoped(wishFor(bus, stages)),
      Stream.flatMap(bus.subscribe(subjects), ({ subject, payload }) => {
        const copies = isAmong(stages(), subject) ? copiesIn(payload) : undefined
        return copies === undefined ? Stream.empty : Stream.succeed(copies)
      })
    )
  )

const wishFor = (bus: Bus, stages: () => ReadonlyArray<CopyStage>): Effect.Effect<never> =>
  Effect.suspend(() => {
    const wished = stages()
    return wished.length === 0
      ? Effect.void
      : bus.publish(copySubscriptionSubject, encode({ stages: wished }))
  }).pipe(Effect.andThen(Effect.sleep(copySubscriptionIntervalMs)), Effect.forever)

/** Somebody else may look at other stages. */
const isAmong = (stages: ReadonlyArray<CopyStage>, subject: string): boolean =>
  stages.some((stage) => subject.startsWith(`spoor.copies.${stage}.`))

const isCopies = Schema.is(Copies)

const copiesIn = (payload: Uint8Array): Copies | undefined => {
  try {
    const copies = decode(payload)
    return isCopies(copies) ? copies : undefined
  } catch {
    return undefined
  }
}
