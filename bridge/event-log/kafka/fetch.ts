/** Asking Kafka's brokers directly: where the records of a time lie, and what a partition holds from an offset on. */
import type { Topic } from "../../../contracts/ids.ts"
import type { Cluster } from "./client.ts"
import { answerOf } from "./errors.ts"
import type { Fetched } from "./fetched-batches.ts"
import { placeOf } from "./group-member.ts"
import type { FetchAnswer, FetchedPartition } from "./wire/fetch-response.ts"

/** A stretch of a partition that is read from `next` until that has reached `end`. */
export interface Stretch {
  readonly topic: Topic
  readonly partition: number
  next: bigint
  end: bigint
  /** How many bytes to ask for. */
  room: number
}

/** How many bytes (compressed) to ask for at a time, and at most, when so many hold no record. */
const firstRoom = 64 * 1024
const largestRoom = 16 * 1024 * 1024

/** How long a broker may wait for what it does not have at hand, milliseconds. */
const atHandWithin = 2_000

/** What a broker says of a topic that is not there, or cannot be. */
const absent = new Set(["UNKNOWN_TOPIC_OR_PARTITION", "INVALID_TOPIC_EXCEPTION"])

type Moment = { readonly fromBeginning: boolean } | { readonly fromTimestamp: number }

/**
 * What the partitions of the topics hold now, from the first record at or after `since` (ms since 1970) on; from
 * 0 on: all. A topic that does not exist has no partitions. What open transactions hold is not there yet.
 */
export const stretchesSince = async (
  cluster: Cluster,
  topics: ReadonlyArray<Topic>,
  since: number
): Promise<ReadonlyArray<Stretch>> => {
  const partitions: Array<{ readonly topic: Topic; readonly partition: number }> = []
  for (const topic of new Set(topics)) {
    if (!(await isThere(cluster, topic))) continue
    for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
      partitions.push({ topic, partition: partitionId })
    }
  }
  const ends = await offsetsAt(cluster, partitions, { fromBeginning: false })
  const begin = since > 0 ? { fromTimestamp: Math.floor(since) } : { fromBeginning: true }
  const begins = await offsetsAt(cluster, partitions, begin)
  return partitions.flatMap(({ topic, partition }) => {
    const next = begins.get(placeOf(topic, partition)) ?? -1n
    const end = ends.get(placeOf(topic, partition)) ?? -1n
    return next < 0n || next >= end ? [] : [{ topic, partition, next, end, room: firstRoom }]
  })
}

const isThere = async (cluster: Cluster, topic: Topic): Promise<boolean> => {
  try {
    await cluster.addTargetTopic(topic)
    return true
  } catch (error) {
    if (absent.has(answerOf(error))) return false
    throw error
  }
}

/** The offsets of a moment by `placeOf`; -1 where there is no record of it or later. */
const offsetsAt = async (
  cluster: Cluster,
  partitions: ReadonlyArray<{ readonly topic: Topic; readonly partition: number }>,
  moment: Moment
): Promise<ReadonlyMap<string, bigint>> => {
  const asked = [...new Set(partitions.map(({ topic }) => topic))].map((topic) => ({
    topic,
    partitions: partitions.filter((one) => one.topic === topic).map(({ partition }) => ({ partition })),
    ...moment
  }))
  const offsets = new Map<string, bigint>()
  for (const { topic, partitions: answered } of await cluster.fetchTopicsOffset(asked)) {
    for (const { partition, offset } of answered) offsets.set(placeOf(topic, partition), BigInt(offset))
  }
  return offsets
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
    stretch.room = Math.min(stretch.room * 4, largestRoom)
    throw new Error(`nothing comes of ${topic} ${partition} from offset ${next} on`)
  }
  stretch.next = behind
  stretch.room = firstRoom
  const messages = fetched.messages.filter(({ isControlRecord }) => !isControlRecord)
  return { ...asked, highWatermark: fetched.highWatermark, messages }
}

/** What the partition's leader answers. */
const fetchAt = async (
  cluster: Cluster,
  { topic, partition, next, room }: Stretch
): Promise<Pick<FetchedPartition, "highWatermark" | "messages">> => {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition}`)
  const broker = await cluster.findBroker({ nodeId })
  const partitions = [{ partition, fetchOffset: next.toString(), maxBytes: room }]
  const answer: FetchAnswer = await broker.fetch({
    maxWaitTime: atHandWithin,
    minBytes: 1,
    maxBytes: room,
    topics: [{ topic, partitions }]
  })
  return answer.responses[0]?.partitions[0] ?? { highWatermark: "-1", messages: [] }
}

/** Fits the stretch to what the partition still holds: its oldest records may have gone meanwhile. False: it fitted. */
const refit = async (cluster: Cluster, stretch: Stretch): Promise<boolean> => {
  const { next, end } = stretch
  const place = placeOf(stretch.topic, stretch.partition)
  const low = (await offsetsAt(cluster, [stretch], { fromBeginning: true })).get(place) ?? next
  const high = (await offsetsAt(cluster, [stretch], { fromBeginning: false })).get(place) ?? end
  stretch.next = low > next ? low : next
  stretch.end = high < end ? high : end
  return stretch.next !== next || stretch.end !== end
}
