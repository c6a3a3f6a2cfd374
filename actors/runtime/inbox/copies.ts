/**
 * Messages that are copies of events at the stages that the actor subscribes to. At most once: while the actor is busy,
 * copies wait in the bus's bounded buffer, which drops the oldest. Lives as long as one run of its actor.
 */
import { type Config, Effect, Stream } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Copies, CopyStage } from "../../../contracts/event-copy.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Inbox } from "../actor.ts"
import { allCopies, copiesOf } from "./subscribe-copies.ts"

/**
 * Subscribes to copies of these stages for as long as the actor runs.
 *
 * @example
 * ```ts
 * receives: copies(Effect.succeed(["raw", "rejected"]))
 * ```
 */
export const copies = (
  stages: Effect.Effect<ReadonlyArray<CopyStage>, Failure | Config.ConfigError>
): Inbox<Copies, void, MessageBus> => ({
  describes: `copies of events on ${allCopies}`,
  settings: [],
  checks: [stages],
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus
    const subscribed = yield* stages
    return Stream.runForEach(
      copiesOf(bus, () => subscribed),
      (message) =>
        Effect.ignore(mailbox.deliver(message, { events: message.events.length, oldest: message.at }))
    ).pipe(Effect.andThen(Effect.never))
  })
})
