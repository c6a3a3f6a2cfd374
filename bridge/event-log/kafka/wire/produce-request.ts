/**
 * The body of a produce request (one batch of records for one partition) and of its response. Both are written and read
 * here: the client library encodes its own records, and its responses do not name the records that were refused.
 */
import { Buffer } from "node:buffer"
import type { Topic } from "../../../../contracts/ids.ts"
import type { NamedRecord } from "../produce-errors.ts"
import { Fields } from "./response-reader.ts"

/** The number of the request that stores records. */
export const produceKey = 0

/**
 * The versions that are spoken here: from the first whose records are in the format of encode-batch.ts (Kafka 0.11, of
 * 2017) to the first whose response names the records because of which a batch was refused (Kafka 2.4, of 2019).
 */
export const produceVersions = [8, 7, 6, 5, 4, 3]

/** A batch, and how long the broker may wait for all replicas to have it, milliseconds. */
export interface ToProduce {
  readonly topic: Topic
  readonly partition: number
  readonly batch: Buffer
  readonly replicasWithin: number
}

/** The body of the request: no transaction, acknowledged by all replicas, one topic with one partition. */
export const produceBody = ({ topic, partition, batch, replicasWithin }: ToProduce): Buffer => {
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

/** The broker's answer about the one partition. */
export interface Produced {
  /** How long this client shall wait before its next request, milliseconds. */
  readonly clientSideThrottleTime: number | undefined
  /** The error code; 0: stored. */
  readonly code: number
  /** The offset of the first record. */
  readonly offset: bigint
  readonly message: string | null
  readonly records: ReadonlyArray<NamedRecord>
}

/** Reads the response of that version to a request with one topic and one partition. Throws for other bytes. */
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
  return { clientSideThrottleTime: version >= 6 ? throttle : undefined, code, offset, message, records }
}
