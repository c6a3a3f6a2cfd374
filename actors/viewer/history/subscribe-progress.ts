/**
 * Subscribes to the consumers' progress messages and caches them, until it is interrupted. Resubscribes after the bus
 * failed; messages published in between are missed.
 */
import { Effect, Schedule, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import { readConsumerProgress } from "../../../contracts/messages/progress.ts"
import type { ConsumerProgressCache } from "./consumer-progress.ts"

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
    cache.add(readConsumerProgress(payload))
  } catch {
    // No progress message of a format that this version reads.
  }
}
