/**
 * Storing a batch of records in one partition: found and sent by the client library. The request's body is encoded here
 * (record-batch.ts), and the answer is read here: the library knows no version that names the records it is about.
 */
import { Buffer } from "node:buffer"
import type { Topic } from "../../../../contracts/ids.ts"
import type { Broker, Cluster } from "../client.ts"
import { type NamedRecord, ProduceRefused } from "../produce-errors.ts"
import { Fields } from "./response-reader.ts"

/** The number of the request that stores records. */
const produceKey = 0

/**
 * The versions of it that are spoken here: the first whose records are in the format of record-batch.ts (Kafka 0.11, of
 * 2017) up to the first whose answer names the records because of which a batch was refused (Kafka 2.4, of 2019).
 */
const firstVersion = 3
const lastVersion = 8

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

/**
 * Stores the batch; returns the offset of its first record. Rejects with `ProduceRefused` when the broker says no, else
 * with whatever the library says.
 */
export const produce = async (broker: Broker, what: ToProduce): Promise<bigint> => {
  const request = broker.lookupRequest(produceKey, produceRequests)(what)
  return (await broker.connectionPool.send(request)) as bigint
}

/** All versions of the request, as the library looks them up. */
const produceRequests = {
  versions: Array.from({ length: lastVersion - firstVersion + 1 }, (_, i) => firstVersion + i),
  protocol:
    ({ version }: { readonly version: number }) =>
    (what: ToProduce) => {
      if (version < firstVersion) throw new Error("this Kafka is older than 0.11")
      const body = bodyOf(what)
      const encoded = { buf: body, buffer: body }
      return {
        request: {
          apiKey: produceKey,
          apiName: "Produce",
          apiVersion: version,
          encode: () => Promise.resolve(encoded)
        },
        response: {
          decode: (bytes: Buffer) => Promise.resolve(readProduced(bytes, version)),
          parse: ({ answer }: Produced) => {
            if (answer.code !== 0) throw new ProduceRefused(answer.code, answer.message, answer.records)
            return Promise.resolve(answer.offset)
          }
        }
      }
    }
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

/** What the broker answers about the one partition. */
export interface Produced {
  /** How long this client shall wait before it asks again, milliseconds. */
  readonly clientSideThrottleTime: number | undefined
  readonly answer: {
    /** 0: stored. */
    readonly code: number
    readonly offset: bigint
    readonly message: string | null
    readonly records: ReadonlyArray<NamedRecord>
  }
}

/** The answer in the bytes, of that version, to a request with one topic and one partition. Throws for bytes that are none. */
export const readProduced = (bytes: Buffer, version: number): Produced => {
  const from = new Fields(bytes)
  from.int32()
  from.text()
  // One partition, and its number.
  from.skip(4 + 4)
  const code = from.int16()
  const offset = from.int64()
  // When the broker appended it, and from version 5 on where the log begins.
  from.skip(version >= 5 ? 8 + 8 : 8)
  const records: Array<NamedRecord> = []
  for (let left = version >= 8 ? from.int32() : 0; left > 0; left--)
    records.push({ place: from.int32(), message: from.textOrNull() ?? "" })
  const message = version >= 8 ? from.textOrNull() : null
  const throttle = from.int32()
  // From version 6 on the broker answers at once, and the client is to wait.
  return {
    clientSideThrottleTime: version >= 6 ? throttle : undefined,
    answer: { code, offset, message, records }
  }
}
