/**
 * Subscribes to the consumers' progress messages and caches them, until it is interrupted. Resubscribes after the bus
 * failed; messages published in between are missed.
 */
import { Effect, Schedule, Schema, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { ConsumerProgress } from "../../../contracts/consumer-progress.ts"
import { decode } from "../../../contracts/messages/msgpack.ts"
import type { ConsumerProgressCache } from "./consumer-progress.ts"

const isConsumerProgress = Schema.is(ConsumerProgress)

/** Delay before a subscription that ended is renewed, ms. */
const retryDelayMs = 2_000

export const subscribeConsumerProgress = (
  bus: MessageBus["Service"],
  cache: ConsumerProgressCache
): Effect.Effect<void> =>
  bus.subscribe("spoor.events.consumed.>").pipe(
    Stream.runForEach(({ payload }) => Effect.sync(() => addMessage(payload, cache))),
    Effect.tapError((failure) => Effect.logDebug(failure.message)),
    Effect.ignore,
    Effect.repeat(Schedule.spaced(retryDelayMs)),
    Effect.asVoid
  )

/** Ignores invalid messages: anybody may publish on the subject. */
const addMessage = (payload: Uint8Array, cache: ConsumerProgressCache): void => {
  try {
    const message = decode(payload)
    if (isConsumerProgress(message)) cache.add(message)
  } catch {
    // Not MessagePack.
  }
}
