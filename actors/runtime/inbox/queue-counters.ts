/**
 * What a drainer counts of the queues, as a process: leases that it saw expire, and dead letters that it wrote. The totals
 * of all drainers are in the ledger. Lives as long as one run of its actor; the series live as long as the process.
 */
import { Effect, Metric } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { RejectedBy, RejectionReason } from "../../../contracts/batch.ts"
import type { DeadLetter, DeadLetterReason, DeadLetterStage } from "../../../contracts/dead-letter.ts"
import type { Topic } from "../../../contracts/ids.ts"

const expiredLeases = Metric.counter("spoor_queue_expired_leases_total", {
  description:
    "Leases of batches that expired before the batch was settled: its drainer ended, hung, or could not reach the queue.",
  incremental: true
})
const written = Metric.counter("spoor_dead_letters_total", {
  description: "Dead letters written, by topic, the stage that rejected the event, and the reason.",
  incremental: true
})

/** Why each stage rejects an event. */
const reasons: Readonly<Record<RejectedBy, ReadonlyArray<RejectionReason>>> = {
  drainer: ["empty", "too few fields", "no path", "time is not a number", "not an IP address", "too large"],
  enricher: ["not enriched", "crashed", "too large"],
  bridge: ["too large", "refused by the log"]
}

/** The names of queues in figures: their addresses as the ledger shows them, numbered where two have the same. */
export const queueNames = (sources: ReadonlyArray<QueueSource>): ReadonlyArray<string> =>
  sources.map(({ dependency: { address } }, i) => {
    const before = sources.slice(0, i).filter((other) => other.dependency.address === address).length
    return before === 0 ? address : `${address} (${before + 1})`
  })

export interface QueueCounters {
  /** A batch was taken over from a claim whose lease had expired. */
  readonly leaseExpired: (source: QueueSource) => Effect.Effect<void>
  /** These dead letters are in the list. */
  readonly deadLettered: (letters: ReadonlyArray<DeadLetter>) => Effect.Effect<void>
}

/** The counters of these queues and topics, from 0. */
export const makeQueueCounters = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  topics: ReadonlyArray<Topic>
) {
  const expired = new Map(
    queueNames(sources).map((queue, i) => [sources[i], Metric.withAttributes(expiredLeases, { queue })])
  )
  const writtenOf = (topic: Topic, stage: DeadLetterStage, reason: DeadLetterReason) =>
    Metric.withAttributes(written, { topic, stage, reason })
  const all = topics.flatMap((topic) =>
    Object.entries(reasons).flatMap(([stage, some]) =>
      some.map((reason) => writtenOf(topic, stage as RejectedBy, reason))
    )
  )
  yield* Effect.forEach([...expired.values(), ...all], (series) => Metric.update(series, 0), {
    discard: true
  })
  return {
    leaseExpired: (source) => {
      const series = expired.get(source)
      return series === undefined ? Effect.void : Metric.update(series, 1)
    },
    deadLettered: (letters) =>
      Effect.forEach(
        letters,
        ({ topic, stage, reason }) => Metric.update(writtenOf(topic, stage, reason), 1),
        { discard: true }
      )
  } satisfies QueueCounters
})
