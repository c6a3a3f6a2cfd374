/**
 * Subscribes to copies of events (contracts/event-copy.ts) for as long as the stream runs. At most once: a reader that is
 * too slow loses the oldest messages, which the bus counts.
 */
import { Effect, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import {
  type Copies,
  type CopyStage,
  copySubscriptionIntervalMs,
  copySubscriptionSubject
} from "../../../contracts/event-copy.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { readCopies, writeCopySubscription } from "../../../contracts/messages/copies.ts"
import { newestFormat } from "../../../contracts/messages/format.ts"

type Bus = MessageBus["Service"]

/** Every stage and every topic. */
export const allCopies = "spoor.copies.>"

/**
 * Copies of the stages that `stages` returns, which is called again for each message and each renewal. While it returns
 * none, no copies are made for this reader. `subjects` narrows the stream to one stage or topic. Fails as a bus
 * subscription does.
 */
export const copiesOf = (
  bus: Bus,
  stages: () => ReadonlyArray<CopyStage>,
  subjects = allCopies
): Stream.Stream<Copies, Failure> =>
  Stream.unwrap(
    Effect.as(
      Effect.forkScoped(renewSubscription(bus, stages)),
      Stream.flatMap(bus.subscribe(subjects), ({ subject, payload }) => {
        const copies = isAmong(stages(), subject) ? copiesIn(payload) : undefined
        return copies === undefined ? Stream.empty : Stream.succeed(copies)
      })
    )
  )

const renewSubscription = (bus: Bus, stages: () => ReadonlyArray<CopyStage>): Effect.Effect<never> =>
  Effect.suspend(() => {
    const subscribed = stages()
    return subscribed.length === 0
      ? Effect.void
      : bus.publish(copySubscriptionSubject, writeCopySubscription(subscribed), newestFormat)
  }).pipe(Effect.andThen(Effect.sleep(copySubscriptionIntervalMs)), Effect.forever)

/** Other readers may have subscribed to other stages. */
const isAmong = (stages: ReadonlyArray<CopyStage>, subject: string): boolean =>
  stages.some((stage) => subject.startsWith(`spoor.copies.${stage}.`))

const copiesIn = (payload: Uint8Array): Copies | undefined => {
  try {
    return readCopies(payload)
  } catch {
    return undefined
  }
}
