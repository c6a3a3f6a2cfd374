/** Remembers what consumers tell, until it is interrupted. It goes on when the bus fails; what was told meanwhile is not heard. */
import { Effect, Schedule, Schema, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { Consumed } from "../../../contracts/consumer-progress.ts"
import { decode } from "../../../contracts/messages/msgpack.ts"
import type { ConsumedMemory } from "./consumer-progress.ts"

const isConsumed = Schema.is(Consumed)

/** The pause before listening again, milliseconds. */
const pause = 2_000

export const hearConsumed = (bus: MessageBus["Service"], memory: ConsumedMemory): Effect.Effect<void> =>
  bus.subscribe("spoor.events.consumed.>").pipe(
    Stream.runForEach(({ payload }) => Effect.sync(() => hear(payload, memory))),
    Effect.tapError((failure) => Effect.logDebug(failure.message)),
    Effect.ignore,
    Effect.repeat(Schedule.spaced(pause)),
    Effect.asVoid
  )

/** What is no such fact is passed by: anyone may publish there. */
const hear = (payload: Uint8Array, memory: ConsumedMemory): void => {
  try {
    const fact = decode(payload)
    if (isConsumed(fact)) memory.add(fact)
  } catch {
    // Not MessagePack.
  }
}
