/**
 * Viewer: shows events as they are read from Kafka, the counters, reactions, the ledger and the dead letters in a
 * browser. Read-only, except that people can replay and discard dead letters, reset counters, and change rules and targets
 * of reactions. Any number may run.
 */

import { Effect } from "effect"
import type { RecordBatch } from "../bridge/event-log/service.ts"
import { readAll } from "../contracts/setting.ts"
import { countings } from "./counter/countings.ts"
import { readMask } from "./inspect/events/mask.ts"
import { viewerMask } from "./inspect/viewer-settings.ts"
import * as Actor from "./runtime/actor.ts"
import { Self } from "./runtime/actor-context.ts"
import {
  deviceMappings,
  eventLog,
  geoIp,
  ingestQueue,
  progressBus,
  projectionStore,
  reactionStore
} from "./runtime/dependencies.ts"
import { records } from "./runtime/inbox/records.ts"
import { decodedBatch } from "./viewer/decoded-record.ts"
import { makeLogReadGaps } from "./viewer/history/read-gaps.ts"
import { makeHistory } from "./viewer/history/service.ts"
import { liveFeed, standardLimits } from "./viewer/live/feed.ts"
import { rawLineCache } from "./viewer/live/raw-line-cache.ts"
import { subscribeCopies } from "./viewer/live/subscribe-copies.ts"
import { serveViewer, viewerChecks, viewerSettings } from "./viewer/server.ts"

/** Records before the end of each partition that a viewer starts with, so that its pages are not empty. */
const initialRecords = 200

export const Viewer = Actor.make(
  "viewer",
  {
    summary: "Shows events, the counters, reactions, the ledger and the dead letters in a browser.",
    receives: records("viewer", initialRecords),
    sends: "pages and live events to browsers; replayed dead letters to the queue",
    requires: [eventLog, projectionStore, reactionStore, deviceMappings, ingestQueue, geoIp, progressBus],
    settings: viewerSettings,
    checks: viewerChecks
  },
  Effect.gen(function* () {
    const { mask } = yield* readAll({ mask: viewerMask })
    const readGaps = yield* makeLogReadGaps((yield* Self).health)
    const feed = liveFeed(readMask(mask), standardLimits, readGaps.isLogReadable)
    const lines = rawLineCache()
    yield* subscribeCopies(feed, lines)
    const { history, onRead } = yield* makeHistory(lines, readGaps, countings)
    yield* serveViewer(feed, history)

    return (batch: RecordBatch) => {
      const decoded = decodedBatch(batch)
      return Effect.andThen(
        Effect.sync(() => feed.add(decoded)),
        onRead(decoded)
      )
    }
  })
)
