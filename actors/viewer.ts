/**
 * Viewer: shows events as they come out of Kafka, what the counters counted, the ledger and the dead letters in a
 * browser. It only watches, except that people can replay and discard dead letters there. Any number may run.
 */

import { Effect } from "effect"
import type { RecordBatch } from "../bridge/event-log/service.ts"
import { readAll } from "../contracts/setting.ts"
import { countings } from "./counter/countings.ts"
import { readMask } from "./inspect/events/mask.ts"
import { viewerMask } from "./inspect/viewer-settings.ts"
import * as Actor from "./runtime/actor.ts"
import { Self } from "./runtime/actor-context.ts"
import { eventLog, geoIp, ingestQueue, progressBus, projectionStore } from "./runtime/dependencies.ts"
import { records } from "./runtime/inbox/records.ts"
import { makeReading } from "./viewer/history/read-gaps.ts"
import { makePast } from "./viewer/history/service.ts"
import { liveFeed, standardLimits } from "./viewer/live/feed.ts"
import { lineMemory } from "./viewer/live/raw-line-cache.ts"
import { feedCopies } from "./viewer/live/subscribe-copies.ts"
import { serveViewer, viewerSettings } from "./viewer/server.ts"

/** How many records before the end of each partition a viewer begins with, so that its page is not empty. */
const history = 200

export const Viewer = Actor.make(
  "viewer",
  {
    summary: "Shows events, what was counted, the ledger and the dead letters in a browser.",
    receives: records("viewer", history),
    sends: "pages and live events to browsers; replayed dead letters to the queue",
    requires: [eventLog, projectionStore, ingestQueue, geoIp, progressBus],
    settings: viewerSettings
  },
  Effect.gen(function* () {
    const { mask } = yield* readAll({ mask: viewerMask })
    const reading = yield* makeReading((yield* Self).health)
    const feed = liveFeed(readMask(mask), standardLimits, reading.isReading)
    const lines = lineMemory()
    yield* feedCopies(feed, lines)
    const { past, seen } = yield* makePast(lines, reading, countings)
    yield* serveViewer(feed, past)

    return (batch: RecordBatch) =>
      Effect.andThen(
        Effect.sync(() => feed.add(batch)),
        seen(batch)
      )
  })
)
