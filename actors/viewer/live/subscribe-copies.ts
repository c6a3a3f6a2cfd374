/**
 * Subscribes to event copies while the feed has a subscriber: of the stages with a subscriber for the feed, and of raw
 * lines for the raw line cache. Until the scope closes.
 */
import { Effect, FiberHandle, Stream } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { logWith, makeOutage, Outages } from "../../../bridge/outage.ts"
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { copiesOf } from "../../runtime/inbox/subscribe-copies.ts"
import type { LiveFeed } from "./feed.ts"
import type { RawLineCache } from "./raw-line-cache.ts"

/** Delay before a failed subscription is retried. */
const retryDelay = "1 second"

/** Never fails: without the bus there are no copies, and everything else keeps working. */
export const subscribeCopies = Effect.fnUntraced(function* (feed: LiveFeed, lines: RawLineCache) {
  const bus = yield* MessageBus
  const handle = yield* FiberHandle.make()
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const isExplained = (yield* Outages).isAnyOpen
  const subscribing = makeOutage({ name: "The subscription to event copies", log, isExplained }).operation()
  const run = yield* FiberHandle.runtime(handle)()

  const requestedStages = (): ReadonlyArray<CopyStage> =>
    feed.subscribers() === 0 ? [] : [...new Set<CopyStage>(["raw", ...feed.stages()])]

  const subscription = Stream.runForEach(copiesOf(bus, requestedStages), (copies) =>
    Effect.sync(() => {
      subscribing.worked()
      lines.add(copies)
      feed.addCopies(copies)
    })
  ).pipe(
    Effect.catch((failure) => Effect.sync(() => subscribing.failed(failure.message))),
    Effect.andThen(Effect.sleep(retryDelay)),
    Effect.forever
  )

  feed.onStagesChanged(() => {
    if (requestedStages().length > 0) run(subscription, { onlyIfMissing: true })
    else run(Effect.void)
  })
})
