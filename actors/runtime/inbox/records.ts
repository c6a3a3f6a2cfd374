/**
 * Messages that are records read from the log, a batch of one partition at a time. A batch's place is committed when
 * the actor has handled it; a batch that fails comes again. Copies of an actor share the partitions through the group.
 */
import { Effect } from "effect"
import { EventLog, type ReadOptions, type RecordBatch } from "../../../bridge/event-log/service.ts"
import type { Behind } from "../../../contracts/actor-stats.ts"
import { readTopics, topicSettings } from "../../transform/topics.ts"
import type { Inbox } from "../actor.ts"
import { Self } from "../actor-context.ts"
import { ensureTopics } from "../ensure-topics.ts"

/** Reads all topics as the group `spoor-<name>`; `from` as the log's `ReadOptions` have it. */
export const records = (name: string, from: ReadOptions["from"]): Inbox<RecordBatch, void, EventLog> => ({
  describes: `records of the log (group spoor-${name})`,
  settings: topicSettings,
  open: Effect.fnUntraced(function* (mailbox) {
    const log = yield* EventLog
    const { meter } = yield* Self
    const { all } = yield* readTopics
    const there = yield* ensureTopics(log, all)
    meter.beginsToRead()
    const reading = log.read(
      { group: `spoor-${name}`, topics: all, from, partitionsAtOnce: mailbox.limits.concurrency },
      (batch) =>
        Effect.tap(
          mailbox.deliver(batch, { events: batch.records.length, oldest: batch.records[0]?.timestamp }),
          () => Effect.sync(() => meter.hasRead(placeAfter(batch)))
        )
    )
    return Effect.andThen(there, reading)
  })
})

/** How far a reader is that has read the batch. */
const placeAfter = ({ topic, partition, records, end }: RecordBatch): Behind => {
  const next = BigInt(records.at(-1)?.offset ?? "-1") + 1n
  return { topic, partition, records: Number(BigInt(end) - next), end }
}
