/**
 * Bridge: appends finished records to the log and answers when all replicas have them. A record the log can never
 * take is rejected alone. Keeps nothing; any number may run.
 */
import { Clock, Effect } from "effect"
import { EventLog, placements } from "../bridge/event-log/service.ts"
import type { EnrichedBatch } from "../contracts/batch.ts"
import { Store } from "../contracts/conversations.ts"
import { recordsOf, rejectionsOf } from "./bridge/records.ts"
import * as Actor from "./system/actor.ts"
import { publishFacts } from "./system/facts.ts"
import { requests } from "./system/inbox/requests.ts"
import { eventLog, messageBus } from "./system/need.ts"
import { readTopics, topicSettings } from "./system/topics.ts"

export const Bridge = Actor.make(
  "bridge",
  {
    summary: "Stores records in Kafka, confirmed by all replicas.",
    receives: requests(Store),
    sends: "records to the log",
    needs: [messageBus, eventLog],
    settings: topicSettings,
    concurrency: 16,
    waiting: 64
  },
  Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.ensureTopics((yield* readTopics).all)
    const tell = yield* publishFacts

    return Effect.fnUntraced(function* (batch: EnrichedBatch) {
      const records = recordsOf(batch, yield* Clock.currentTimeMillis)
      const appended = yield* log.append(records, batch.id)
      const rejected = rejectionsOf(batch, appended)
      yield* tell(
        "stored",
        batch.id,
        batch.events.filter((_, i) => appended[i]?.stored === true)
      )
      return {
        id: batch.id,
        stored: records.length - rejected.length,
        placements: placements(records, appended),
        rejected
      }
    })
  })
)
