/**
 * Storing a batch of records in one partition: found, sent and answered by the client library, but for the request's
 * body, which is encoded here (record-batch.ts).
 */
import { Buffer } from "node:buffer"
import type { Topic } from "../../contracts/ids.ts"
import { type Broker, type Cluster, produceRequests } from "./kafka-client.ts"

/** The number of the request that stores records. */
const produceKey = 0

/** The first version of it whose records are in the format of record-batch.ts: Kafka 0.11, of 2017. */
const firstVersion = 3

/** The broker that leads the partition, connected. Rejects with whatever the library says. Nothing is stored by this. */
export const leaderOf = async (cluster: Cluster, topic: Topic, partition: number): Promise<Broker> => {
  await cluster.addTargetTopic(topic)
  await cluster.refreshMetadataIfNecessary()
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition}`)
  return (await cluster.findBroker({ nodeId })) as Broker
}

/** A batch, and how long the broker may wait for all replicas to have it, milliseconds. */
export interface ToProduce {
  readonly topic: Topic
  readonly partition: number
  readonly batch: Buffer
  readonly replicasWithin: number
}

interface Produced {
  readonly topics: ReadonlyArray<{ readonly partitions: ReadonlyArray<{ readonly baseOffset: string }> }>
}

/** Stores the batch; returns the offset of its first record. Rejects with whatever the library says. */
export const produce = async (broker: Broker, what: ToProduce): Promise<bigint> => {
  const { request, response } = broker.lookupRequest(
    produceKey,
    produceRequests
  )({ acks: -1, timeout: what.replicasWithin, topicData: [] })
  if (request.apiVersion < firstVersion) throw new Error("this Kafka is older than 0.11")
  const body = bodyOf(what)
  const encoded = { buf: body, buffer: body }
  const answer = (await broker.connectionPool.send({
    request: { ...request, encode: () => Promise.resolve(encoded) },
    response
  })) as Produced
  return BigInt(answer.topics[0]?.partitions[0]?.baseOffset ?? -1)
}

/** No transaction, acknowledged by all replicas, one topic with one partition. */
const bodyOf = ({ topic, partition, batch, replicasWithin }: ToProduce): Buffer => {
  const head = Buffer.alloc(2 + 2 + 4 + 4 + 2 + topic.length + 4 + 4 + 4)
  let at = head.writeInt16BE(-1, 0)
  at = head.writeInt16BE(-1, at)
  at = head.writeInt32BE(replicasWithin, at)
  at = head.writeInt32BE(1, at)
  at = head.writeInt16BE(topic.length, at)
  at += head.write(topic, at, "latin1")
  at = head.writeInt32BE(1, at)
  at = head.writeInt32BE(partition, at)
  head.writeInt32BE(batch.length, at)
  return Buffer.concat([head, batch])
}
