/**
 * Messages that are copies of events, as they pass the stages that somebody looks at. At most once: what comes while
 * the actor is busy waits in the bus's bounded buffer, which drops the oldest.
 */
import { type Config, Effect, Stream } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Copies, CopyStage } from "../../../contracts/event-copy.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Inbox } from "../actor.ts"
import { allCopies, watchCopies } from "./subscribe-copies.ts"

/** Wishes for copies of these stages as long as the actor lives. */
export const copies = (
  stages: Effect.Effect<ReadonlyArray<CopyStage>, Failure | Config.ConfigError>
): Inbox<Copies, void, MessageBus> => ({
  describes: `copies of events on ${allCopies}`,
  settings: [],
  open: Effect.fnUntraced(function* (mailbox) {
    const bus = yield* MessageBus
    const wished = yield* stages
    return Stream.runForEach(
      watchCopies(bus, () => wished),
      (seen) => Effect.ignore(mailbox.deliver(seen, { events: seen.events.length, oldest: seen.at }))
    ).pipe(Effect.andThen(Effect.never))
  })
})
