/** Publishes the progress of a batch to observers: one small message per topic on `spoor.events.<stage>.<topic>`. */
import { Clock, Effect } from "effect"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { type BatchProgress, batchProgressSubject } from "../../../contracts/batch-progress.ts"
import type { Stage } from "../../../contracts/event.ts"
import type { BatchId, Topic } from "../../../contracts/ids.ts"
import { newestFormat } from "../../../contracts/messages/format.ts"
import { writeBatchProgress } from "../../../contracts/messages/progress.ts"

/** The fields of an event that progress counts; `reason` for a rejection. */
interface CountedEvent {
  readonly topic: Topic
  readonly reason?: string
}

/**
 * Makes a function that publishes that these events of a batch reached a stage. At most once, never fails, never waits.
 *
 * @example
 * ```ts
 * const publish = yield* publishBatchProgress
 * yield* publish("enriched", batch.id, batch.events)
 * ```
 */
export const publishBatchProgress = Effect.gen(function* () {
  const bus = yield* MessageBus
  return Effect.fnUntraced(function* (stage: Stage, batch: BatchId, events: ReadonlyArray<CountedEvent>) {
    const at = yield* Clock.currentTimeMillis
    for (const progress of batchProgressOf(stage, batch, events, at)) {
      const payload = writeBatchProgress(progress)
      yield* bus.publish(batchProgressSubject(stage, progress.topic), payload, newestFormat)
    }
  })
})

/** One message per topic. */
export const batchProgressOf = (
  stage: Stage,
  batch: BatchId,
  events: ReadonlyArray<CountedEvent>,
  at: number
): ReadonlyArray<BatchProgress> => {
  const byTopic = new Map<Topic, { count: number; reasons: Map<string, number> }>()
  for (const { topic, reason } of events) {
    let tally = byTopic.get(topic)
    if (tally === undefined) {
      tally = { count: 0, reasons: new Map() }
      byTopic.set(topic, tally)
    }
    tally.count += 1
    if (reason !== undefined) tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1)
  }
  return Array.from(byTopic, ([topic, { count, reasons }]) => ({
    stage,
    topic,
    batch,
    at,
    count,
    ...(reasons.size === 0 ? {} : { reasons: Object.fromEntries(reasons) })
  }))
}
