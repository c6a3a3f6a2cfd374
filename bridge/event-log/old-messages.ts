/** Records of the formats before Kafka 0.11, which topics may still hold. The client library reads them, all at once. */
import type { Buffer } from "node:buffer"
import type { StoredBatch } from "./stored-batch.ts"
import type { StoredRecord } from "./stored-record.ts"

/** A record as the library reads it. */
export interface OldMessage {
  readonly offset: string
  readonly timestamp?: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** They have neither headers nor transactions; in the oldest format no time either. */
export const batchOfOld = (messages: ReadonlyArray<OldMessage>): ReadonlyArray<StoredBatch> => {
  const [first] = messages
  const last = messages.at(-1)
  if (first === undefined || last === undefined) return []
  const places = { first: BigInt(first.offset), last: BigInt(last.offset), offset: last.offset }
  const unpack = async () => {
    let turn = 0
    return (): StoredRecord | undefined => {
      const message = messages[turn++]
      return message === undefined ? undefined : recordOf(message)
    }
  }
  return [{ ...places, isControlRecord: false, unpack }]
}

const recordOf = ({ offset, timestamp, key, value }: OldMessage): StoredRecord => ({
  offset,
  timestamp: Number(timestamp ?? -1),
  key: key?.toString(),
  value: value ?? new Uint8Array(),
  valueLength: value?.length ?? 0,
  headers: {}
})
