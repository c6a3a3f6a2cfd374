/**
 * Bridge: appends finished records to the log and answers when all replicas have stored them. A record that the log can
 * never store is rejected alone. A batch without events is a probe: it checks the log and stores nothing. Its only state
 * is a cache of receipts, which avoids storing a batch twice; any number of bridges may run.
 */
import { Clock, Effect } from "effect"
import { EventLog, placements } from "../bridge/event-log/service.ts"
import { type EnrichedBatch, mergeReceipts } from "../contracts/batch.ts"
import { Store } from "../contracts/requests.ts"
import { makeAppendHealth } from "./bridge/append-health.ts"
import { makeReceiptCache } from "./bridge/receipt-cache.ts"
import { recordsOf, rejectionsOf, storedAt } from "./bridge/records.ts"
import { makeStoredDelay } from "./bridge/stored-delay.ts"
import * as Actor from "./runtime/actor.ts"
import { eventLog, messageBus } from "./runtime/dependencies.ts"
import { ensureTopics } from "./runtime/ensure-topics.ts"
import { requests } from "./runtime/inbox/requests.ts"
import { publishBatchProgress } from "./runtime/publish/batch-progress.ts"
import { makeCopyPublisher } from "./runtime/publish/event-copies.ts"
import { readTopics, topicSettings } from "./transform/topics.ts"

export const Bridge = Actor.make(
  "bridge",
  {
    summary: "Stores records in Kafka, confirmed by all replicas.",
    receives: requests(Store),
    sends: "records to the log",
    requires: [messageBus, eventLog],
    settings: topicSettings,
    concurrency: 16,
    waiting: 64
  },
  Effect.gen(function* () {
    const log = yield* EventLog
    const topics = (yield* readTopics).all
    yield* Effect.forkScoped(yield* ensureTopics(log, topics))
    const countStored = makeStoredDelay(yield* Effect.context<never>(), topics)
    const publishProgress = yield* publishBatchProgress
    const publishCopies = yield* makeCopyPublisher
    const storeOnce = makeReceiptCache()
    const appendHealth = makeAppendHealth()

    const store = Effect.fnUntraced(function* (batch: EnrichedBatch) {
      const records = recordsOf(batch, yield* Clock.currentTimeMillis)
      const appended = yield* appendHealth.observe(log.append(records, batch.id))
      const storedTime = yield* Clock.currentTimeMillis
      countStored(batch.events, appended, storedTime)
      const rejected = rejectionsOf(batch, appended)
      yield* publishProgress(
        "stored",
        batch.id,
        batch.events.filter((_, i) => appended[i]?.stored === true)
      )
      yield* publishCopies("stored", batch.id, batch.events, storedAt(appended))
      return {
        id: batch.id,
        digest: batch.digest,
        stored: records.length - rejected.length,
        placements: placements(records, appended, storedTime),
        rejected
      }
    })

    /** Fails when an event could probably not be stored now: the log does not answer, or the last append failed. */
    const probe = Effect.fnUntraced(function* (batch: EnrichedBatch) {
      yield* log.dependency.check
      yield* appendHealth.check
      return mergeReceipts(batch, [])
    })

    return (batch: EnrichedBatch) =>
      batch.events.length === 0 ? probe(batch) : storeOnce(batch, store(batch))
  })
)
