/** Records of the formats before Kafka 0.11, which topics may still hold. The client library reads them, all at once. */
import type { Buffer } from "node:buffer"
import type { StoredBatch } from "./decode-batch.ts"
import type { StoredRecord } from "./decode-record.ts"

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
  return [{ ...places, isControlRecord: false, unpack, isWhole: () => true }]
}

/** Where things stand in a message: its offset, its length (of what stands behind that), and its attributes. */
const place = { length: 8, content: 12, attributes: 17 }
const codecMask = 0x07

/**
 * The messages in the bytes, of which the last may be cut off. One that holds others, packed, is read when its turn
 * comes: `read` reads messages at once, and rejects when what is packed is broken or too large.
 */
export const oldBatchesIn = async (
  bytes: Buffer,
  read: (messages: Buffer) => Promise<ReadonlyArray<OldMessage>>
): Promise<ReadonlyArray<StoredBatch>> => {
  const batches: Array<StoredBatch> = []
  let plain = 0
  const readPlain = async (end: number): Promise<void> => {
    if (end > plain) batches.push(...batchOfOld(await read(bytes.subarray(plain, end))))
  }
  let at = 0
  while (at + place.attributes < bytes.length) {
    const end = at + place.content + bytes.readInt32BE(at + place.length)
    if (end > bytes.length || end <= at + place.attributes) break
    if ((bytes.readInt8(at + place.attributes) & codecMask) !== 0) {
      await readPlain(at)
      const message = bytes.subarray(at, end)
      const last = bytes.readBigInt64BE(at)
      batches.push({
        // Only the offset of the last that it holds is told.
        ...{ first: -1n, last, offset: last.toString(), isControlRecord: false, isWhole: () => true },
        unpack: async (limit) => {
          const [batch] = batchOfOld(await read(message))
          return batch === undefined ? () => undefined : batch.unpack(limit)
        }
      })
      plain = end
    }
    at = end
  }
  await readPlain(at)
  return batches
}

const recordOf = ({ offset, timestamp, key, value }: OldMessage): StoredRecord => ({
  offset,
  timestamp: Number(timestamp ?? -1),
  key: key?.toString(),
  value: value ?? new Uint8Array(),
  valueLength: value?.length ?? 0,
  headers: {}
})
