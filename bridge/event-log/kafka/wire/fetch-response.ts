/**
 * What a broker answers to a fetch, read here instead of by the client library, which goes on with it all the same:
 * each partition's batches stand where the library has its messages, still packed.
 */
import type { Buffer } from "node:buffer"
import { type Aborted, batchesIn, type StoredBatch } from "./decode-batch.ts"
import { Fields } from "./response-reader.ts"

/** The versions of the answer that are read here, which all brokers since 0.11 know: their records may be in batches. */
export const readsVersion = (version: number): boolean => version >= 4 && version <= 11

/** An answer as the client library expects it. */
export interface FetchAnswer {
  /** How long this client shall wait before it asks again, and whether the broker has waited so long, milliseconds. */
  readonly throttleTime: number
  readonly clientSideThrottleTime: number | undefined
  readonly responses: ReadonlyArray<{
    readonly topicName: string
    readonly partitions: ReadonlyArray<FetchedPartition>
  }>
}

/** What there is of one partition: all that was read there. */
export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: string
  /** Batches of transactions that were taken back are marked as such already. */
  readonly abortedTransactions: readonly []
  readonly preferredReadReplica: number
  readonly messages: ReadonlyArray<StoredBatch>
}

/** Records of the format before Kafka 0.11, which the library reads. */
export type ReadOld = (messages: Buffer) => Promise<ReadonlyArray<StoredBatch>>

/** The answer in the bytes, of that version. Throws for bytes that are none. */
export const readAnswer = async (bytes: Buffer, version: number, readOld: ReadOld): Promise<FetchAnswer> => {
  const from = new Fields(bytes)
  const throttle = from.int32()
  // An error of a session, of which there are none, and its number.
  if (version >= 7) from.skip(2 + 4)
  const responses: Array<FetchAnswer["responses"][number]> = []
  for (let topics = from.int32(); topics > 0; topics--) {
    const topicName = from.text()
    const partitions: Array<FetchedPartition> = []
    for (let left = from.int32(); left > 0; left--)
      partitions.push(await readPartition(from, version, readOld))
    responses.push({ topicName, partitions })
  }
  // From version 8 on the broker answers at once, and the client is to wait.
  return version >= 8
    ? { throttleTime: 0, clientSideThrottleTime: throttle, responses }
    : { throttleTime: throttle, clientSideThrottleTime: undefined, responses }
}

const readPartition = async (from: Fields, version: number, readOld: ReadOld): Promise<FetchedPartition> => {
  const partition = from.int32()
  const errorCode = from.int16()
  const highWatermark = from.int64().toString()
  // Up to where transactions are closed, and from version 5 on where the log begins.
  from.skip(version >= 5 ? 8 + 8 : 8)
  const aborted: Array<Aborted> = []
  for (let left = from.int32(); left > 0; left--)
    aborted.push({ producer: from.int64(), first: from.int64() })
  const preferredReadReplica = version >= 11 ? from.int32() : -1
  const records = from.bytes()
  const messages = batchesIn(records, aborted) ?? (await readOld(records))
  return { partition, errorCode, highWatermark, abortedTransactions: [], preferredReadReplica, messages }
}
