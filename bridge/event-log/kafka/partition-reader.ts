/**
 * Reading the partitions that were assigned to a member, from when it joined until the scope closes: one loop for each
 * broker that leads some of them fetches, has all that came handled, and fetches again.
 */
import { Cause, Effect, type Scope } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import type { Operation } from "../../outage.ts"
import { type Partition, placeOf } from "./cluster.ts"
import { brokerError } from "./connection.ts"
import { connectionFailed, sentence } from "./errors.ts"
import { fetchFrom, type ToFetch } from "./fetch.ts"
import { handleFetched } from "./handle-fetched.ts"
import { endGeneration, type Generation, type Reading } from "./membership.ts"
import type { FetchedPartition } from "./wire/fetch-response.ts"

/** How long a broker waits for the next record, milliseconds. */
const maxWaitMs = 1_000

/** Compressed: some 6,000 records of a partition. They are decompressed batch by batch. */
const maxPartitionBytes = 256 * 1024
const maxFetchBytes = 1024 * 1024

/** How often the leaders of the partitions are looked at, milliseconds. */
const leadersIntervalMs = 1_000

/** Delays before a broker is asked again after a failure grow from the first to the second, milliseconds. */
const firstDelayMs = 100
const maxDelayMs = 2_000

/** A broker of which no answer came for so long is given up, and the member with it, milliseconds. */
const failedAfterMs = 60_000

/** Answers that mean that another broker leads the partition, or will soon. */
const leaderMoved = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_OR_FOLLOWER",
  "REPLICA_NOT_AVAILABLE",
  "KAFKA_STORAGE_ERROR",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_ID",
  "INCONSISTENT_TOPIC_ID"
])

/** Starts reading. Errors, and changes of the group, end the generation. */
export const readPartitions = <E>(reading: Reading<E>): Effect.Effect<void, never, Scope.Scope> => {
  const { cluster, generation, partitions } = reading
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  /** The brokers that are read from. */
  const running = new Set<number>()
  /** Partitions in hand, by `placeOf`: when its leader changes, another loop must wait. */
  const busy = new Set<string>()

  const partitionsByLeader = attempt(async () => {
    const byLeader = new Map<number, Array<Partition>>()
    for (const one of partitions) {
      const leader = (await cluster.leadersOf(one.topic))[one.partition] ?? -1
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), one])
    }
    return byLeader
  })

  /** Reads from the broker for as long as it leads a partition. */
  const readFrom = Effect.fnUntraced(function* (leader: number, fetching: Operation) {
    let turn = 0
    let delayMs = firstDelayMs
    let lastAnswer = performance.now()
    while (true) {
      const led = (yield* partitionsByLeader).get(leader) ?? []
      if (led.length === 0) return
      const free = led.filter(({ topic, partition }) => !busy.has(placeOf(topic, partition)))
      const first = turn++ % Math.max(1, free.length)
      const result = yield* Effect.result(
        readOnce(reading, leader, [...free.slice(first), ...free.slice(0, first)], busy)
      )
      if (result._tag === "Success") {
        lastAnswer = performance.now()
        fetching.worked()
        delayMs = firstDelayMs
        if (free.length > 0 && !result.success) continue
      } else if (!connectionFailed(result.failure) || performance.now() - lastAnswer > failedAfterMs) {
        return yield* Effect.fail(result.failure)
      } else {
        fetching.failed(sentence("Cannot fetch", result.failure))
      }
      yield* Effect.sleep(delayMs)
      delayMs = Math.min(delayMs * 2, maxDelayMs)
      yield* refresh
    }
  })

  /** Asks who leads the partitions; when no broker can be asked, the next attempt will. */
  const refresh = unlessDisconnected(attempt(() => cluster.refresh(topics)))

  /** Starts a loop for each leader that has none. */
  const startLoops = Effect.gen(function* () {
    const byLeader = yield* partitionsByLeader
    if (byLeader.has(-1)) yield* refresh
    for (const leader of byLeader.keys()) {
      if (leader < 0 || running.has(leader)) continue
      running.add(leader)
      const fetching = reading.membership.outage.operation()
      const ended = Effect.sync(() => {
        fetching.ended()
        running.delete(leader)
      })
      yield* readFrom(leader, fetching).pipe(
        Effect.ensuring(ended),
        Effect.catchCause((cause) => failGeneration(generation, cause)),
        Effect.forkScoped
      )
    }
  })

  return Effect.andThen(unlessDisconnected(startLoops), Effect.sleep(leadersIntervalMs)).pipe(
    Effect.forever,
    Effect.catchCause((cause) => failGeneration(generation, cause)),
    Effect.forkScoped,
    Effect.asVoid
  )
}

const unlessDisconnected = <R>(effect: Effect.Effect<void, unknown, R>): Effect.Effect<void, unknown, R> =>
  Effect.catch(effect, (error) => (connectionFailed(error) ? Effect.void : Effect.fail(error)))

const failGeneration = (generation: Generation, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Cause.hasInterruptsOnly(cause) ? Effect.void : endGeneration(generation, Cause.squash(cause))

/** Fetches once, and has what came handled. True when another broker leads one of the partitions by now. */
const readOnce = Effect.fnUntraced(function* <E>(
  reading: Reading<E>,
  leader: number,
  partitions: ReadonlyArray<Partition>,
  busy: Set<string>
) {
  if (partitions.length === 0) return false
  const { cluster, positions, permits } = reading
  const asked = partitions.map(({ topic, partition }): ToFetch => {
    const offset = positions.get(placeOf(topic, partition)) ?? 0n
    return { topic, partition, offset, maxBytes: maxPartitionBytes }
  })
  const asOf = Date.now()
  const { responses } = yield* attempt(async () =>
    fetchFrom(await cluster.node(leader, "fetch"), asked, maxFetchBytes, maxWaitMs)
  )
  const fetched = responses.flatMap(({ topicName, partitions: answered }) =>
    answered.map((one) => ({ ...one, topic: topicName as Topic }))
  )
  let hasMoved = false
  for (const one of fetched) {
    if (one.errorCode === 0) reportEnd(reading, one)
    reportCaughtUp(reading, one, asOf)
    if (yield* isMoved(reading, one)) hasMoved = true
  }
  const filled = fetched.filter(({ errorCode, messages }) => errorCode === 0 && messages.length > 0)
  for (const { topic, partition } of filled) busy.add(placeOf(topic, partition))
  yield* Effect.forEach(
    filled,
    (one) => {
      const name = placeOf(one.topic, one.partition)
      return permits
        .withPermits(1)(handleFetched(reading, one))
        .pipe(
          Effect.tap(() => Effect.sync(() => reportCaughtUp(reading, one, asOf))),
          Effect.ensuring(Effect.sync(() => busy.delete(name)))
        )
    },
    { concurrency: "unbounded", discard: true }
  )
  return hasMoved
})

/** Reports that all is handled that the partition had before it was asked. */
const reportCaughtUp = <E>(
  { membership, positions }: Reading<E>,
  { topic, partition, errorCode, highWatermark }: FetchedPartition & Partition,
  asOf: number
): void => {
  const position = positions.get(placeOf(topic, partition))
  if (errorCode === 0 && position !== undefined && position >= BigInt(highWatermark))
    membership.watch?.caughtUp({ topic, partition }, asOf)
}

/** Reports where the partition ends and, when records came, since when they wait. */
const reportEnd = <E>({ membership, positions }: Reading<E>, fetched: FetchedPartition & Partition): void => {
  const { highWatermark, messages } = fetched
  const position = positions.get(placeOf(fetched.topic, fetched.partition)) ?? 0n
  const next = messages.find(({ last, isControlRecord }) => last >= position && !isControlRecord)
  membership.figures?.endsAt(fetched, BigInt(highWatermark), next?.time)
}

/** Is the partition's answer that another broker leads it? Its other errors are mended, or fail. */
const isMoved = Effect.fnUntraced(function* <E>(
  { cluster, positions, membership }: Reading<E>,
  { topic, partition, errorCode }: FetchedPartition & { readonly topic: Topic }
) {
  if (errorCode === 0) return false
  const error = brokerError(errorCode)
  if (leaderMoved.has(error.type)) return true
  if (error.type !== "OFFSET_OUT_OF_RANGE") return yield* Effect.fail(error)
  // Its oldest records were deleted meanwhile, or the topic was made anew.
  const first = yield* attempt(() => cluster.offsets([{ topic, partition }], "first"))
  const name = placeOf(topic, partition)
  positions.set(name, first.get(name) ?? 0n)
  membership.figures?.handled({ topic, partition }, first.get(name) ?? 0n, undefined)
  return false
})

const attempt = <A>(work: () => Promise<A>): Effect.Effect<A, unknown> =>
  Effect.tryPromise({ try: work, catch: (error) => error })
