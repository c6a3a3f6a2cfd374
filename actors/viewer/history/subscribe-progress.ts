/** Remembers what consumers tell, until it is interrupted. It goes on when the bus fails; what was told meanwhile is not heard. */
import { Effect, Schedule, Schema, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { ConsumerProgress } from "../../../contracts/consumer-progress.ts"
import { decode } from "../../../contracts/messages/msgpack.ts"
import type { ConsumerProgressMemory } from "./consumer-progress.ts"

const isConsumed = Schema.is(ConsumerProgress)

/** The pause before listening again, milliseconds. */
const pause = 2_000

export const subscribeConsumerProgress = (
  bus: MessageBus["Service"],
  memory: ConsumerProgressMemory
): Effect.Effect<void> =>
  bus.subscribe("spoor.events.consumed.>").pipe(
    Stream.runForEach(({ payload }) => Effect.sync(() => hear(payload, memory))),
    Effect.tapError((failure) => Effect.logDebug(failure.message)),
    Effect.ignore,
    Effect.repeat(Schedule.spaced(pause)),
    Effect.asVoid
  )

/** What is no such fact is passed by: anyone may publish there. */
const hear = (payload: Uint8Array, memory: ConsumerProgressMemory): void => {
  try {
    const fact = decode(payload)
    if (isConsumed(fact)) memory.add(fact)
  } catch {
    // Not MessagePack.
  }
}
