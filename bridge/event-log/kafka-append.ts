/**
 * Appending to Kafka. Each partition's records travel in a request of their own, so that it is always known of each
 * whether it was stored, refused or neither. After every failure the next try is on a new connection: the producer
 * is not idempotent on purpose, since this client's idempotence can drop a batch in silence after an unclear failure.
 */
import { Effect } from "effect"
import { logTimeout } from "../../contracts/conversations.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { type Cluster, type Compression, codecOf } from "./kafka-client.ts"
import { sentence, storedNothing, tooLarge } from "./kafka-failure.ts"
import { knownRecords } from "./kafka-known.ts"
import type { Link } from "./kafka-link.ts"
import { leaderOf, produce } from "./kafka-produce.ts"
import type { KafkaTopics } from "./kafka-topics.ts"
import { partitionOf } from "./partition.ts"
import { recordBatch } from "./record-batch.ts"
import type { Appended, NewRecord } from "./service.ts"

/** How long the broker may wait for its replicas; the answer must still arrive within `logTimeout`. Milliseconds. */
const replicasWithin = 3_000

/** The pause before the second try, milliseconds; doubles with each. */
const firstPause = 100

/** Records for one partition, with their places in what was given to `append`. */
interface Run {
  readonly topic: Topic
  readonly partition: number
  readonly records: Array<NewRecord>
  readonly places: Array<number>
}

/** What is known of one `append` so far. */
interface Progress {
  readonly results: Array<Appended | undefined>
  /** May anything stand in the log that is not in `results`? */
  unclear: boolean
  /** Requests that were sent and not answered yet. */
  open: number
  last: string
}

export const makeAppend = (producer: Link<Cluster>, topics: KafkaTopics, compression: Compression) => {
  const known = knownRecords()
  return (
    records: ReadonlyArray<NewRecord>,
    affinity: string
  ): Effect.Effect<ReadonlyArray<Appended>, Failure> =>
    Effect.suspend(() => {
      const progress: Progress = {
        results: known.recall(records, affinity),
        unclear: false,
        open: 0,
        last: "Kafka did not answer in time"
      }
      const store = storeRun(producer, topics, compression, progress)
      const isOpen = (place: number): boolean => progress.results[place] === undefined
      return runsOf(topics, records, affinity, isOpen).pipe(
        Effect.flatMap((runs) => Effect.forEach(runs, store, { concurrency: 8, discard: true })),
        Effect.timeoutOption(logTimeout),
        Effect.catch((failure) =>
          Effect.sync(() => {
            progress.last = failure.message
          })
        ),
        Effect.andThen(Effect.suspend(() => outcome(progress))),
        Effect.ensuring(Effect.sync(() => known.keep(records, affinity, progress.results)))
      )
    })
}

/** All is known, or the failure that tells whether something may have been stored. */
const outcome = (progress: Progress): Effect.Effect<ReadonlyArray<Appended>, Failure> => {
  const known = Array.from(progress.results).filter((one) => one !== undefined)
  if (known.length === progress.results.length) return Effect.succeed(known)
  const some = progress.unclear || progress.open > 0 || known.some(({ stored }) => stored)
  return Effect.fail(new Failure({ reason: some ? "timeout" : "unavailable", message: progress.last }))
}

/** A topic of an append: how many partitions it has, which of them gets records without a key, and its runs by partition. */
interface TopicRuns {
  readonly count: number
  readonly home: number
  readonly runs: Map<number, Run>
}

/** The records whose places are open, by partition. */
const runsOf = Effect.fnUntraced(function* (
  topics: KafkaTopics,
  records: ReadonlyArray<NewRecord>,
  affinity: string,
  isOpen: (place: number) => boolean
) {
  const byTopic = new Map<Topic, TopicRuns>()
  for (const [place, { topic }] of records.entries()) {
    if (byTopic.has(topic) || !isOpen(place)) continue
    const count = yield* topics.partitions(topic)
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

/** The offset of the record at each place of a batch whose first record has this one. */
const offsetsFrom = (first: bigint, count: number): ((place: number) => string) => {
  const number = Number(first)
  return Number.isSafeInteger(number + count)
    ? (place) => String(number + place)
    : (place) => (first + BigInt(place)).toString()
}

/** Stores a run, in parts where it is too large, trying again until it is done or `append` runs out of time. */
const storeRun = (
  producer: Link<Cluster>,
  topics: KafkaTopics,
  compression: Compression,
  progress: Progress
) => {
  const send = (run: Run) =>
    Effect.flatMap(producer.connected, (cluster) =>
      Effect.tryPromise({
        try: async (signal) => {
          const { topic, partition, records } = run
          const batch = await recordBatch(records, codecOf[compression], Date.now())
          const leader = await leaderOf(cluster, topic, partition)
          // Nobody waits any more, and "nothing was stored" may have been told.
          signal.throwIfAborted()
          progress.open += 1
          try {
            return await produce(leader, { topic, partition, batch, replicasWithin })
          } catch (error) {
            if (!storedNothing(error)) progress.unclear = true
            throw error
          } finally {
            progress.open -= 1
          }
        },
        catch: (error) => {
          if (!tooLarge(error)) producer.replace(cluster)
          return error
        }
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => producer.replace(cluster))))
    )

  const storeHalves = (run: Run): Effect.Effect<void> => {
    const middle = run.records.length >> 1
    const part = (from: number, to: number): Run => ({
      ...run,
      records: run.records.slice(from, to),
      places: run.places.slice(from, to)
    })
    return Effect.andThen(
      attempt(part(0, middle), firstPause),
      attempt(part(middle, run.records.length), firstPause)
    )
  }

  const confirm = ({ partition, places }: Run, first: bigint): void => {
    const offsetOf = offsetsFrom(first, places.length)
    for (const [i, place] of places.entries()) {
      progress.results[place] = { stored: true, partition, offset: offsetOf(i) }
    }
  }

  const attempt = (run: Run, pause: number): Effect.Effect<void> =>
    send(run).pipe(
      Effect.map((first) => confirm(run, first)),
      Effect.catch((error) => {
        if (tooLarge(error)) {
          if (run.records.length > 1) return storeHalves(run)
          const reason = `too large for the topic ${run.topic}`
          for (const place of run.places) progress.results[place] = { stored: false, reason }
          return Effect.void
        }
        progress.last = sentence(`Cannot write to the Kafka topic ${run.topic}`, error)
        topics.forget(run.topic)
        return Effect.andThen(Effect.sleep(pause), attempt(run, pause * 2))
      })
    )

  return (run: Run): Effect.Effect<void> => attempt(run, firstPause)
}
