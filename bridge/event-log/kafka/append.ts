/**
 * Appending to Kafka. Each partition's records travel in a request of their own, so that it is always known of each
 * whether it was stored, refused or neither. After every failure the next try is on a new connection: the producer
 * is not idempotent on purpose, since a batch that follows a lost response could be confirmed and never be stored.
 */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { logTimeout } from "../../../contracts/requests.ts"
import type { Appended, NewRecord } from "../service.ts"
import { knownRecords } from "./append-dedup.ts"
import { producedError, sentence, topicSentence } from "./errors.ts"
import { type Progress, type Run, refuseTopic, type StoreTools, storeRun } from "./store-batches.ts"
import { partitionOf } from "./wire/murmur2.ts"

/** `append` of the event log. */
export const makeAppend = (tools: StoreTools) => {
  const known = knownRecords()
  return (
    records: ReadonlyArray<NewRecord>,
    affinity: string
  ): Effect.Effect<ReadonlyArray<Appended>, Failure> =>
    Effect.suspend(() => {
      tools.keys.areGiven ||= records.some(({ key }) => key !== undefined)
      const progress: Progress = {
        results: known.recall(records, affinity),
        doubted: [],
        unclear: false,
        open: 0,
        last: "Kafka did not answer in time"
      }
      const store = storeRun(tools, progress)
      return runsOf(tools, records, affinity, progress).pipe(
        Effect.flatMap((runs) => Effect.forEach(runs, store, { concurrency: 8, discard: true })),
        Effect.timeoutOption(logTimeout),
        Effect.ignore,
        Effect.andThen(Effect.suspend(() => outcome(progress, tools))),
        Effect.ensuring(Effect.sync(() => known.keep(records, affinity, progress.results)))
      )
    })
}

/** All is known, or the failure that tells whether something may have been stored. */
const outcome = (progress: Progress, tools: StoreTools): Effect.Effect<ReadonlyArray<Appended>, Failure> => {
  judgeDoubted(progress, tools)
  const known = Array.from(progress.results).filter((one) => one !== undefined)
  if (known.length === progress.results.length) {
    tools.appending.worked()
    return Effect.succeed(known)
  }
  tools.appending.failed(progress.last)
  const some = progress.unclear || progress.open > 0 || known.some(({ stored }) => stored)
  return Effect.fail(new Failure({ reason: some ? "timeout" : "unavailable", message: progress.last }))
}

/** A record is refused for good by a topic that takes others. One that takes none is wrong itself, and all wait. */
const judgeDoubted = (progress: Progress, tools: StoreTools): void => {
  for (const { place, topic, reason } of progress.doubted) {
    if (tools.refusals.tookLately(topic))
      progress.results[place] = { stored: false, why: "refused by the log", reason }
    else refuseTopic(tools, progress, topic, `The topic ${topic} takes no record: ${reason}.`)
  }
}

/** A topic of an append: how many partitions it has, which of them gets records without a key, and its runs by partition. */
interface TopicRuns {
  readonly count: number
  readonly home: number
  readonly runs: Map<number, Run>
}

/** The records whose places are open, by partition. Fails, before anything is sent, when one of their topics is not there. */
const runsOf = Effect.fnUntraced(function* (
  tools: StoreTools,
  records: ReadonlyArray<NewRecord>,
  affinity: string,
  progress: Progress
) {
  const isOpen = (place: number): boolean => progress.results[place] === undefined
  const byTopic = new Map<Topic, TopicRuns>()
  for (const [place, { topic }] of records.entries()) {
    if (byTopic.has(topic) || !isOpen(place)) continue
    const count = yield* countOf(tools, progress, topic)
    byTopic.set(topic, { count, home: partitionOf(affinity, count), runs: new Map() })
  }
  records.forEach((record, place) => {
    const { topic, key } = record
    const at = byTopic.get(topic)
    if (at === undefined || !isOpen(place)) return
    const partition = key === undefined ? at.home : partitionOf(key, at.count)
    const run = at.runs.get(partition) ?? { topic, partition, records: [], places: [] }
    if (run.records.length === 0) at.runs.set(partition, run)
    run.records.push(record)
    run.places.push(place)
  })
  return Array.from(byTopic.values(), ({ runs }) => [...runs.values()]).flat()
})

/** The number of partitions of the topic; when it is unknown, the cause is recorded. */
const countOf = (tools: StoreTools, progress: Progress, topic: Topic): Effect.Effect<number, unknown> =>
  Effect.tapError(tools.topics.partitions(topic), (error) =>
    Effect.sync(() => {
      if (producedError(error)?.kind === "topic")
        refuseTopic(tools, progress, topic, topicSentence(topic, error))
      else progress.last = sentence(`Cannot write to the Kafka topic ${topic}`, error)
    })
  )
