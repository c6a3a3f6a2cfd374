/**
 * What the client library fetched of a partition at a time, up to hundreds of thousands of records, taken apart into
 * batches as the log hands them over. Each is made only when its turn comes.
 */
import type { Topic } from "../../contracts/ids.ts"
import { maxBatchBytes, maxBatchRecords } from "./hand-over.ts"
import type { EachBatchPayload } from "./kafka-client.ts"
import type { LogRecord, RecordBatch } from "./service.ts"

export type Fetched = Pick<EachBatchPayload["batch"], "topic" | "partition" | "highWatermark" | "messages">
type Message = Fetched["messages"][number]

/** The records of one payload in order, in batches of at least one record. */
export function* batchesOf({ topic, partition, highWatermark, messages }: Fetched): Generator<RecordBatch> {
  const end = endOf(highWatermark, messages)
  for (let from = 0; from < messages.length; ) {
    const records: Array<LogRecord> = []
    let bytes = 0
    for (const message of messages.slice(from, from + maxBatchRecords)) {
      bytes += message.value?.length ?? 0
      if (records.length > 0 && bytes > maxBatchBytes) break
      records.push(recordOf(message))
    }
    from += records.length
    yield { topic: topic as Topic, partition, end, records }
  }
}

/** The broker asks for the end before it reads, so records may lie behind what it tells. */
const endOf = (told: string, messages: ReadonlyArray<Message>): string => {
  const behindLast = BigInt(messages.at(-1)?.offset ?? "-1") + 1n
  return behindLast > BigInt(told) ? behindLast.toString() : told
}

const recordOf = ({ offset, timestamp, key, value, headers }: Message): LogRecord => ({
  offset,
  timestamp: Number(timestamp),
  key: key?.toString(),
  value: value ?? new Uint8Array(),
  headers: textsOf(headers ?? {})
})

/** Of a header that stands there several times, the last counts. */
const textsOf = (headers: NonNullable<Message["headers"]>): Record<string, string> => {
  const texts: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    texts[name] = (Array.isArray(value) ? value[value.length - 1] : value)?.toString() ?? ""
  }
  return texts
}
