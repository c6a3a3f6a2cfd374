/** What there is to know of topics: how many partitions, where each begins and ends; and making those that are missing. */
import { Effect, Result } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Admin } from "./client.ts"
import { producedError, topicSentence, unavailable } from "./errors.ts"
import { ProduceRefused } from "./produce-errors.ts"
import type { Link } from "./reconnecting.ts"
import type { Refusals } from "./topic-refusals.ts"

/** The oldest offset of a partition and the one behind its last record. */
export interface Extent {
  readonly topic: Topic
  readonly partition: number
  readonly low: bigint
  readonly high: bigint
}

export interface KafkaTopics {
  /** How many partitions a topic has, remembered for a minute. Fails with what the client says, also for an unknown topic. */
  readonly partitions: (topic: Topic) => Effect.Effect<number, unknown>
  /** Forgets what is remembered of a topic: something went wrong there. */
  readonly forget: (topic: Topic) => void
  readonly ensure: (topics: ReadonlyArray<Topic>) => Effect.Effect<void, Failure>
  readonly extents: (topics: ReadonlyArray<Topic>) => Effect.Effect<ReadonlyArray<Extent>, Failure>
}

/** How a broker that knows no such topic answers (kafka-produce-errors.ts). */
const unknownTopic = 3

/** How long a number of partitions is believed, milliseconds. */
const remembered = 60_000

/** How long a new topic may take until all its partitions have a leader, milliseconds. */
const leadersWithin = 15_000

/** What cannot be made until somebody acts goes to `refusals`. */
export const makeTopics = (admin: Link<Admin>, refusals: Refusals): KafkaTopics => {
  const known = new Map<Topic, { readonly count: number; readonly until: number }>()

  const partitions = Effect.fnUntraced(function* (topic: Topic) {
    const before = known.get(topic)
    const now = performance.now()
    if (before !== undefined && before.until > now) return before.count
    const { topics } = yield* admin.use((api) => api.fetchTopicMetadata({ topics: [topic] }))
    const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 0
    if (count === 0) return yield* Effect.fail(new ProduceRefused(unknownTopic, null, []))
    known.set(topic, { count, until: now + remembered })
    return count
  })

  const ensure = Effect.fnUntraced(
    function* (topics: ReadonlyArray<Topic>) {
      const there = new Set(yield* admin.use((api) => api.listTopics()))
      const missing = [...new Set(topics)].filter((topic) => !there.has(topic))
      if (missing.length > 0) {
        yield* admin.use((api) =>
          api.createTopics({
            topics: missing.map((topic) => ({ topic, numPartitions: -1, replicationFactor: -1 })),
            waitForLeaders: false
          })
        )
      }
      const end = performance.now() + leadersWithin
      while (true) {
        const found = yield* Effect.result(haveLeaders(topics))
        if (Result.isSuccess(found) && found.success) return
        const failure = Result.isFailure(found) ? found.failure : new Error("they have no leader yet")
        // A topic that was just made may not be known everywhere.
        const { kind, code } = producedError(failure) ?? {}
        if (performance.now() > end || (kind === "topic" && code !== unknownTopic))
          return yield* Effect.fail(failure)
        yield* Effect.sleep("100 millis")
      }
    },
    (effect, topics) =>
      effect.pipe(
        Effect.tap(() => Effect.sync(() => topics.forEach(refusals.isThere))),
        Effect.mapError((error) => {
          if (producedError(error)?.kind === "topic")
            for (const topic of topics) refusals.refused(topic, topicSentence(topic, error))
          return unavailable(`Cannot make sure that the Kafka topics ${topics.join(", ")} exist`, error)
        })
      )
  )

  const haveLeaders = (topics: ReadonlyArray<Topic>): Effect.Effect<boolean, unknown> =>
    admin
      .use((api) => api.fetchTopicMetadata({ topics: [...topics] }))
      .pipe(
        Effect.map((found) =>
          topics.every((topic) => {
            const all = found.topics.find(({ name }) => name === topic)?.partitions ?? []
            return all.length > 0 && all.every(({ leader }) => leader >= 0)
          })
        )
      )

  const extents = Effect.fnUntraced(function* (topics: ReadonlyArray<Topic>) {
    const found: Array<Extent> = []
    for (const topic of topics) {
      const offsets = yield* admin
        .use((api) => api.fetchTopicOffsets(topic))
        .pipe(Effect.mapError((error) => unavailable(`Cannot read the Kafka topic ${topic}`, error)))
      for (const { partition, low, high } of offsets) {
        found.push({ topic, partition, low: BigInt(low), high: BigInt(high) })
      }
    }
    return found
  })

  return { partitions, forget: (topic) => void known.delete(topic), ensure, extents }
}
