/**
 * Viewer: shows events as they come out of Kafka, what the counters counted, the ledger and the dead letters in a
 * browser. It only watches, except that people can replay and discard dead letters there. Any number may run.
 */
import { Effect } from "effect"
import type { RecordBatch } from "../bridge/event-log/service.ts"
import { readAll } from "../contracts/setting.ts"
import * as Actor from "./system/actor.ts"
import { records } from "./system/inbox/records.ts"
import { eventLog, factBus, geoIp, ingestQueue, projectionStore } from "./system/need.ts"
import { Self } from "./system/self.ts"
import { feedCopies } from "./viewer/feed-copies.ts"
import { lineMemory } from "./viewer/line-memory.ts"
import { liveFeed, standardLimits } from "./viewer/live-feed.ts"
import { readMask } from "./viewer/mask.ts"
import { makePast } from "./viewer/past/past.ts"
import { makeReading } from "./viewer/reading.ts"
import { serveViewer, viewerSettings } from "./viewer/serve-viewer.ts"
import { viewerMask } from "./viewer/settings.ts"

/** How many records before the end of each partition a viewer begins with, so that its page is not empty. */
const history = 200

export const Viewer = Actor.make(
  "viewer",
  {
    summary: "Shows events, what was counted, the ledger and the dead letters in a browser.",
    receives: records("viewer", history),
    sends: "pages and live events to browsers; replayed dead letters to the queue",
    needs: [eventLog, projectionStore, ingestQueue, geoIp, factBus],
    settings: viewerSettings
  },
  Effect.gen(function* () {
    const { mask } = yield* readAll({ mask: viewerMask })
    const reading = yield* makeReading((yield* Self).health)
    const feed = liveFeed(readMask(mask), standardLimits, reading.isReading)
    const lines = lineMemory()
    yield* feedCopies(feed, lines)
    const { past, seen } = yield* makePast(lines, reading)
    yield* serveViewer(feed, past)

    return (batch: RecordBatch) =>
      Effect.andThen(
        Effect.sync(() => feed.add(batch)),
        seen(batch)
      )
  })
)
