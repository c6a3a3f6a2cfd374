/**
 * The response to a fetch request, read here instead of by the client library, so that each partition's batches stay
 * compressed until they are delivered.
 */
import type { Buffer } from "node:buffer"
import { type Aborted, batchesIn, type StoredBatch } from "./decode-batch.ts"
import { messageSetIn } from "./message-set.ts"
import { Fields } from "./response-reader.ts"

/** The number of the request that reads records. */
export const fetchKey = 1

/** The versions that are read here. All brokers since 0.11 know one of them, and may answer with records in batches. */
export const fetchVersions = [11, 10, 9, 8, 7, 6, 5, 4]

export interface FetchAnswer {
  /** How long this client shall wait before its next request, milliseconds. */
  readonly clientSideThrottleTime: number | undefined
  readonly responses: ReadonlyArray<{
    readonly topicName: string
    readonly partitions: ReadonlyArray<FetchedPartition>
  }>
}

/** The answer about one partition. */
export interface FetchedPartition {
  readonly partition: number
  /** 0: no error. */
  readonly errorCode: number
  readonly highWatermark: string
  /** Every batch that came, marks of transactions and aborted ones included. */
  readonly messages: ReadonlyArray<StoredBatch>
}

/** Reads the response of that version. Throws for other bytes. */
export const readAnswer = (bytes: Buffer, version: number): FetchAnswer => {
  const from = new Fields(bytes)
  const throttle = from.int32()
  // An error of a session, of which there are none, and its number.
  if (version >= 7) from.skip(2 + 4)
  const responses: Array<FetchAnswer["responses"][number]> = []
  for (let topics = from.int32(); topics > 0; topics--) {
    const topicName = from.text()
    const partitions: Array<FetchedPartition> = []
    for (let left = from.int32(); left > 0; left--) partitions.push(readPartition(from, version))
    responses.push({ topicName, partitions })
  }
  // From version 8 on the broker answers at once, and the client is to wait.
  return { clientSideThrottleTime: version >= 8 ? throttle : undefined, responses }
}

const readPartition = (from: Fields, version: number): FetchedPartition => {
  const partition = from.int32()
  const errorCode = from.int16()
  const highWatermark = from.int64().toString()
  // Up to where transactions are closed, and from version 5 on where the log begins.
  from.skip(version >= 5 ? 8 + 8 : 8)
  const aborted: Array<Aborted> = []
  for (let left = from.int32(); left > 0; left--)
    aborted.push({ producer: from.int64(), first: from.int64() })
  // The replica to read from instead: none without a rack.
  if (version >= 11) from.int32()
  const records = from.bytes()
  return {
    partition,
    errorCode,
    highWatermark,
    messages: batchesIn(records, aborted) ?? messageSetIn(records)
  }
}
