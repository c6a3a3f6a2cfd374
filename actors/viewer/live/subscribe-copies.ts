/**
 * Brings copies of what flows to the feed, for the stages that somebody watches there, and lines to the memory of lines
 * while anybody watches at all; until the scope closes.
 */
import { Effect, FiberHandle, Stream } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { copiesOf } from "../../runtime/inbox/subscribe-copies.ts"
import type { LiveFeed } from "./feed.ts"
import type { LineMemory } from "./raw-line-cache.ts"

/** How long a bus that cannot be watched is left alone. */
const pause = "1 second"

/** Never fails: without the bus nobody sees copies, and the rest goes on. */
export const feedCopies = Effect.fnUntraced(function* (feed: LiveFeed, lines: LineMemory) {
  const bus = yield* MessageBus
  const handle = yield* FiberHandle.make()
  const run = yield* FiberHandle.runtime(handle)()

  const wished = (): ReadonlyArray<CopyStage> =>
    feed.watchers() === 0 ? [] : [...new Set<CopyStage>(["raw", ...feed.stages()])]

  const watching = Stream.runForEach(copiesOf(bus, wished), (copies) =>
    Effect.sync(() => {
      lines.add(copies)
      feed.addCopies(copies)
    })
  ).pipe(
    Effect.catch((failure) => Effect.logWarning(`Copies of events cannot be watched: ${failure.message}`)),
    Effect.andThen(Effect.sleep(pause)),
    Effect.forever
  )

  feed.onStages(() => {
    if (wished().length > 0) run(watching, { onlyIfMissing: true })
    else run(Effect.void)
  })
})
