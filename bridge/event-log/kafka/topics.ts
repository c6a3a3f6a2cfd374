/** What there is to know of topics: how many partitions, where each begins and ends; and making those that are missing. */
import { Effect, Result } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Admin } from "./admin.ts"
import { type Cluster, type Partition, placeOf } from "./cluster.ts"
import { answerOf, producedError, topicSentence, unavailable } from "./errors.ts"
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
  /** How many partitions each of the topics has now. */
  readonly counts: (topics: ReadonlyArray<Topic>) => Effect.Effect<ReadonlyMap<Topic, number>, Failure>
  readonly extents: (topics: ReadonlyArray<Topic>) => Effect.Effect<ReadonlyArray<Extent>, Failure>
}

/** How a broker that knows no such topic answers (produce-errors.ts). */
const unknownTopic = "UNKNOWN_TOPIC_OR_PARTITION"

/** How long a number of partitions is believed, milliseconds. */
const remembered = 60_000

/** How long a new topic may take until all its partitions have a leader, milliseconds. */
const leadersWithin = 15_000

/** What cannot be made until somebody acts goes to `refusals`. */
export const makeTopics = (lookup: Link, admin: Admin, refusals: Refusals): KafkaTopics => {
  const known = new Map<Topic, { readonly count: number; readonly until: number }>()

  const partitions = Effect.fnUntraced(function* (topic: Topic) {
    const before = known.get(topic)
    const now = performance.now()
    if (before !== undefined && before.until > now) return before.count
    const leaders = yield* lookup.use(async (cluster) => {
      await cluster.refresh([topic])
      return cluster.leadersOf(topic)
    })
    const count = leaders.length
    known.set(topic, { count, until: now + remembered })
    return count
  })

  const ensure = Effect.fnUntraced(
    function* (topics: ReadonlyArray<Topic>) {
      const missing: Array<Topic> = []
      for (const topic of new Set(topics))
        if (!(yield* lookup.use((cluster) => isThere(cluster, topic)))) missing.push(topic)
      if (missing.length > 0)
        yield* Effect.tryPromise({ try: () => admin.createTopics(missing), catch: (error) => error })
      const end = performance.now() + leadersWithin
      while (true) {
        const found = yield* Effect.result(lookup.use((cluster) => haveLeaders(cluster, topics)))
        if (Result.isSuccess(found) && found.success) return
        const failure = Result.isFailure(found) ? found.failure : new Error("they have no leader yet")
        // A topic that was just made may not be known everywhere.
        const { kind, name } = producedError(failure) ?? {}
        if (performance.now() > end || (kind === "topic" && name !== unknownTopic))
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

  const extents = (topics: ReadonlyArray<Topic>): Effect.Effect<ReadonlyArray<Extent>, Failure> =>
    Effect.mapError(
      lookup.use((cluster) => extentsIn(cluster, topics)),
      (error) => unavailable(`Cannot read the Kafka topics ${topics.join(", ")}`, error)
    )

  const counts = (topics: ReadonlyArray<Topic>): Effect.Effect<ReadonlyMap<Topic, number>, Failure> =>
    Effect.mapError(
      lookup.use(async (cluster) => {
        await cluster.refresh(topics)
        const found = topics.map(async (topic) => [topic, (await cluster.leadersOf(topic)).length] as const)
        return new Map(await Promise.all(found))
      }),
      (error) => unavailable(`Cannot look up the Kafka topics ${topics.join(", ")}`, error)
    )

  return { partitions, counts, forget: (topic) => void known.delete(topic), ensure, extents }
}

const isThere = async (cluster: Cluster, topic: Topic): Promise<boolean> => {
  try {
    await cluster.refresh([topic])
    return true
  } catch (error) {
    if (answerOf(error) === unknownTopic) return false
    throw error
  }
}

const haveLeaders = async (cluster: Cluster, topics: ReadonlyArray<Topic>): Promise<boolean> => {
  await cluster.refresh(topics)
  const leaders = await Promise.all(topics.map(cluster.leadersOf))
  return leaders.every((all) => all.length > 0 && all.every((leader) => leader >= 0))
}

const extentsIn = async (cluster: Cluster, topics: ReadonlyArray<Topic>): Promise<ReadonlyArray<Extent>> => {
  await cluster.refresh(topics)
  const partitions: Array<Partition> = []
  for (const topic of topics)
    for (const partition of (await cluster.leadersOf(topic)).keys()) partitions.push({ topic, partition })
  const low = await cluster.offsets(partitions, "first")
  const high = await cluster.offsets(partitions, "end")
  return partitions.map(({ topic, partition }) => {
    const name = placeOf(topic, partition)
    return { topic, partition, low: low.get(name) ?? 0n, high: high.get(name) ?? 0n }
  })
}
