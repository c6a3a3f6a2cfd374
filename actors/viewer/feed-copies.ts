/** Brings copies of what flows to the feed, while somebody watches such a stage there; until the scope closes. */
import { Effect, FiberHandle, Stream } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { watchCopies } from "../watch/copies.ts"
import type { LiveFeed } from "./live-feed.ts"

/** How long a bus that cannot be watched is left alone. */
const pause = "1 second"

/** Never fails: without the bus nobody sees copies, and the rest goes on. */
export const feedCopies = Effect.fnUntraced(function* (feed: LiveFeed) {
  const bus = yield* MessageBus
  const handle = yield* FiberHandle.make()
  const run = yield* FiberHandle.runtime(handle)()

  const watching = Stream.runForEach(watchCopies(bus, feed.stages), (copies) =>
    Effect.sync(() => feed.addCopies(copies))
  ).pipe(
    Effect.catch((failure) => Effect.logWarning(`Copies of events cannot be watched: ${failure.message}`)),
    Effect.andThen(Effect.sleep(pause)),
    Effect.forever
  )

  feed.onStages(() => {
    if (feed.stages().length > 0) run(watching, { onlyIfMissing: true })
    else run(Effect.void)
  })
})
