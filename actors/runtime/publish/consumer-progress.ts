/** Publishes to observers that this actor has handled a batch of records: one message on `spoor.events.consumed.<topic>`. */
import { Clock, Effect } from "effect"
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { type ConsumerProgress, consumerProgressSubject } from "../../../contracts/consumer-progress.ts"
import { newestFormat } from "../../../contracts/messages/format.ts"
import { writeConsumerProgress } from "../../../contracts/messages/progress.ts"
import { Self } from "../actor-context.ts"

/**
 * Makes a function that publishes that a batch was handled. At most once, never fails, never waits.
 *
 * @example
 * ```ts
 * const publish = yield* publishConsumerProgress
 * return (batch: RecordBatch) => Effect.andThen(handle(batch), publish(batch))
 * ```
 */
export const publishConsumerProgress = Effect.gen(function* () {
  const bus = yield* MessageBus
  const { name } = yield* Self
  return Effect.fnUntraced(function* ({ topic, partition, records }: RecordBatch) {
    const [first] = records
    const last = records.at(-1)
    if (first === undefined || last === undefined) return
    const progress: ConsumerProgress = {
      by: name,
      topic,
      partition,
      first: first.offset,
      next: String(BigInt(last.offset) + 1n),
      count: records.length,
      at: yield* Clock.currentTimeMillis
    }
    yield* bus.publish(consumerProgressSubject(topic), writeConsumerProgress(progress), newestFormat)
  })
})
