/**
 * Messages that are records read from the log, in batches of one partition. A batch's offset is committed when the actor
 * has handled it; a batch that fails is delivered again. All instances of an actor share the partitions through the
 * consumer group. Lives as long as one run of its actor.
 */
import { Effect, Schema } from "effect"
import { EventLog, type ReadOptions, type RecordBatch } from "../../../bridge/event-log/service.ts"
import type { Behind } from "../../../contracts/actor-stats.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import type { Setting } from "../../../contracts/setting.ts"
import { readTopics, topicSettings } from "../../transform/topics.ts"
import type { Inbox } from "../actor.ts"
import { Self } from "../actor-context.ts"
import { ensureTopics } from "../ensure-topics.ts"
import { inRecordSpans } from "../telemetry/event-spans.ts"
import { inRecords } from "../telemetry/spans.ts"

/** Which topics are read. */
export interface TopicChoice {
  /** Only this one of the topics of the settings; all of them where they do not name it. */
  readonly only?: Topic
  /** One more topic, which another actor writes. */
  readonly also?: Setting<string>
}

/** The topics of the settings that are chosen, and the one more. */
const chosenTopics = ({ only, also }: TopicChoice) =>
  Effect.gen(function* () {
    const { all } = yield* readTopics
    const chosen = only !== undefined && all.includes(only) ? [only] : all
    if (also === undefined) return chosen
    const more = yield* also.config
    if (!isTopic(more))
      return yield* new Failure({
        reason: "misconfigured",
        message: `${also.name} "${more}" is not a valid name of a Kafka topic.`
      })
    return [...new Set([...chosen, more])]
  })

const isTopic = Schema.is(Topic)

/**
 * Reads all topics as the consumer group `spoor-<name>`. `from`: where a new group starts, see the log's `ReadOptions`.
 *
 * @example
 * ```ts
 * receives: records("event-counter", "oldest")
 * ```
 */
export const records = (
  name: string,
  from: ReadOptions["from"],
  topics: TopicChoice = {}
): Inbox<RecordBatch, void, EventLog> => ({
  describes: `records of the log (group spoor-${name})`,
  settings: topics.also === undefined ? topicSettings : [...topicSettings, topics.also],
  checks: [chosenTopics(topics)],
  group:
    typeof from === "number"
      ? { name: `spoor-${name}-`, isPrefix: true }
      : { name: `spoor-${name}`, isPrefix: false },
  open: Effect.fnUntraced(function* (mailbox) {
    const log = yield* EventLog
    const { meter } = yield* Self
    const all = yield* chosenTopics(topics)
    const topicsReady = yield* ensureTopics(log, all)
    meter.startReading()
    const reading = log.read(
      { group: `spoor-${name}`, topics: all, from, partitionsAtOnce: mailbox.limits.concurrency },
      (batch) =>
        Effect.tap(
          traced(
            name,
            batch,
            mailbox.deliver(batch, { events: batch.records.length, oldest: batch.records[0]?.timestamp })
          ),
          () => Effect.sync(() => meter.readUpTo(lagAfter(batch)))
        )
    )
    return Effect.andThen(topicsReady, reading)
  })
})

/** A span for the batch, and one in the trace of each client whose event it contains. */
export const traced = <A, E>(
  name: string,
  { topic, partition, records }: RecordBatch,
  work: Effect.Effect<A, E>
) =>
  inRecords(
    name,
    {
      "messaging.destination.name": topic,
      "messaging.destination.partition.id": String(partition),
      "messaging.batch.message_count": records.length
    },
    inRecordSpans(name, records, work)
  )

/** How far the group is behind the end of the partition after the batch. */
export const lagAfter = ({ topic, partition, records, end }: RecordBatch): Behind => {
  const next = BigInt(records.at(-1)?.offset ?? "-1") + 1n
  return { topic, partition, records: Number(BigInt(end) - next), end }
}
