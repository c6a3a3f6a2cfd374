/** Fetching records from the brokers: where the records of a time lie, and what a partition holds from an offset on. */
import type { Topic } from "../../../contracts/ids.ts"
import { type Cluster, isolationLevel, type Moment, type Partition, placeOf } from "./cluster.ts"
import { type Broker, brokerError, requests } from "./connection.ts"
import { answerOf } from "./errors.ts"
import type { Fetched } from "./fetched-batches.ts"
import type { FetchAnswer, FetchedPartition } from "./wire/fetch-response.ts"

/** A stretch of a partition that is read from `next` until that has reached `end`. */
export interface Stretch {
  readonly topic: Topic
  readonly partition: number
  next: bigint
  end: bigint
  /** How many bytes to ask for. */
  maxBytes: number
}

/** How many bytes (compressed) to ask for at a time, and at most, when so many hold no record. */
const firstFetchBytes = 64 * 1024
const largestFetchBytes = 16 * 1024 * 1024

/** How long a broker may wait for what it does not have at hand, milliseconds. */
const maxWaitMs = 2_000

/** What a broker says of a topic that is not there, or cannot be. */
const absent = new Set(["UNKNOWN_TOPIC_OR_PARTITION", "INVALID_TOPIC_EXCEPTION"])

/**
 * What the partitions of the topics hold now, from the first record at or after `since` (ms since 1970) on; from
 * 0 on: all. A topic that does not exist has no partitions. What open transactions hold is not there yet.
 */
export const stretchesSince = async (
  cluster: Cluster,
  topics: ReadonlyArray<Topic>,
  since: number
): Promise<ReadonlyArray<Stretch>> => {
  const partitions: Array<Partition> = []
  for (const topic of new Set(topics)) {
    for (const partition of await partitionsOf(cluster, topic)) partitions.push({ topic, partition })
  }
  const ends = await cluster.offsets(partitions, "end")
  const begin: Moment = since > 0 ? since : "first"
  const begins = await cluster.offsets(partitions, begin)
  return partitions.flatMap(({ topic, partition }) => {
    const next = begins.get(placeOf(topic, partition)) ?? -1n
    const end = ends.get(placeOf(topic, partition)) ?? -1n
    return next < 0n || next >= end ? [] : [{ topic, partition, next, end, maxBytes: firstFetchBytes }]
  })
}

/** The numbers of the topic's partitions; none of a topic that does not exist. */
const partitionsOf = async (cluster: Cluster, topic: Topic): Promise<ReadonlyArray<number>> => {
  try {
    return [...(await cluster.leadersOf(topic)).keys()]
  } catch (error) {
    if (absent.has(answerOf(error))) return []
    throw error
  }
}

/**
 * Fetches what comes next in the stretch and moves `next` behind it. There may be no record in what was fetched.
 * Rejects with whatever the client library says, or when nothing comes though it is not the end.
 */
export const fetchNext = async (cluster: Cluster, stretch: Stretch): Promise<Fetched> => {
  const { topic, partition, next } = stretch
  const asked = { topic, partition, fetchedOffset: next.toString(), until: stretch.end }
  const fetched = await fetchAt(cluster, stretch).catch(async (error) => {
    if (answerOf(error) === "OFFSET_OUT_OF_RANGE" && (await refit(cluster, stretch))) return undefined
    throw error
  })
  if (fetched === undefined) return { ...asked, highWatermark: stretch.end.toString(), messages: [] }
  // Behind all that came: its last records may have gone by compaction, or be marks of transactions.
  const behind = (fetched.messages.at(-1)?.last ?? -1n) + 1n
  if (behind <= next) {
    stretch.maxBytes = Math.min(stretch.maxBytes * 4, largestFetchBytes)
    throw new Error(`nothing comes of ${topic} ${partition} from offset ${next} on`)
  }
  stretch.next = behind
  stretch.maxBytes = firstFetchBytes
  const messages = fetched.messages.filter(({ isControlRecord }) => !isControlRecord)
  return { ...asked, highWatermark: fetched.highWatermark, messages }
}

/** What the partition's leader answers. */
const fetchAt = async (
  cluster: Cluster,
  { topic, partition, next, maxBytes }: Stretch
): Promise<Pick<FetchedPartition, "highWatermark" | "messages">> => {
  const broker = await cluster.leaderOf(topic, partition, "fetch")
  const asked = [{ topic, partition, offset: next, maxBytes }]
  const { responses } = await fetchFrom(broker, asked, maxBytes, maxWaitMs)
  const fetched = responses[0]?.partitions[0]
  if (fetched !== undefined && fetched.errorCode !== 0) throw brokerError(fetched.errorCode)
  return fetched ?? { highWatermark: "-1", messages: [] }
}

/** One partition to fetch from: from this offset on, about so many bytes. */
export interface ToFetch extends Partition {
  readonly offset: bigint
  readonly maxBytes: number
}

/** What the broker holds of these partitions, which it leads. It waits up to `waitMs` until there is something. */
export const fetchFrom = (
  broker: Broker,
  partitions: ReadonlyArray<ToFetch>,
  maxBytes: number,
  waitMs: number
): Promise<FetchAnswer> => {
  const topics = new Map<Topic, Array<FetchedPlace>>()
  for (const { topic, partition, offset, maxBytes: partitionMaxBytes } of partitions) {
    const place = { partition, fetchOffset: offset, partitionMaxBytes, ...withoutEpoch }
    topics.set(topic, [...(topics.get(topic) ?? []), place])
  }
  const asked = Array.from(topics, ([topicId, places]) => ({ topicId, partitions: places }))
  return broker.call(requests.fetch, waitMs, 1, maxBytes, isolationLevel, 0, -1, asked, [], "")
}

const withoutEpoch = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 }

interface FetchedPlace {
  readonly partition: number
  readonly fetchOffset: bigint
  readonly partitionMaxBytes: number
  readonly currentLeaderEpoch: number
  readonly lastFetchedEpoch: number
}

/** Fits the stretch to what the partition still holds: its oldest records may have gone meanwhile. False: it fitted. */
const refit = async (cluster: Cluster, stretch: Stretch): Promise<boolean> => {
  const { next, end } = stretch
  const place = placeOf(stretch.topic, stretch.partition)
  const low = (await cluster.offsets([stretch], "first")).get(place) ?? next
  const high = (await cluster.offsets([stretch], "end")).get(place) ?? end
  stretch.next = low > next ? low : next
  stretch.end = high < end ? high : end
  return stretch.next !== next || stretch.end !== end
}
