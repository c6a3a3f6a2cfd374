/**
 * Records in the formats before Kafka 0.11 ("message sets", versions 0 and 1), which topics may still hold. They have
 * neither headers nor transactions, and in version 0 no timestamp.
 */
import type { Buffer } from "node:buffer"
import { unpackerOf } from "./compression.ts"
import type { StoredBatch } from "./decode-batch.ts"
import type { NextRecord, StoredRecord } from "./decode-record.ts"

/** Where the fields of a message stand; `length` counts the bytes from `content` on. */
const place = { length: 8, content: 12, magic: 16, attributes: 17, fields: 18 }
const codecMask = 0x07
const timeIsOfBroker = 0x08

interface Message {
  readonly offset: bigint
  readonly magic: number
  readonly attributes: number
  /** Milliseconds since 1970; -1 in version 0. */
  readonly timestamp: number
  readonly key: Buffer | undefined
  readonly value: Buffer | undefined
}

/** The message at that place; undefined where it is cut off or of a later format. Throws for one that is too short. */
const messageAt = (
  bytes: Buffer,
  start: number
): { readonly message: Message; readonly end: number } | undefined => {
  if (start + place.fields > bytes.length) return undefined
  const end = start + place.content + bytes.readInt32BE(start + place.length)
  const magic = bytes.readInt8(start + place.magic)
  if (end > bytes.length || magic > 1) return undefined
  let at = start + place.fields
  const content = bytes.subarray(0, end)
  const field = (): Buffer | undefined => {
    const length = content.readInt32BE(at)
    const from = at + 4
    at = from + Math.max(0, length)
    if (at > end) throw new Error("a message ends too early")
    return length < 0 ? undefined : content.subarray(from, at)
  }
  const timestamp = magic === 0 ? -1 : Number(content.readBigInt64BE(at))
  if (magic === 1) at += 8
  const [key, value] = [field(), field()]
  const attributes = content.readInt8(start + place.attributes)
  return { message: { offset: content.readBigInt64BE(start), magic, attributes, timestamp, key, value }, end }
}

const messagesIn = (bytes: Buffer): ReadonlyArray<Message> => {
  const messages: Array<Message> = []
  for (let found = messageAt(bytes, 0); found !== undefined; found = messageAt(bytes, found.end))
    messages.push(found.message)
  return messages
}

/**
 * The messages in the bytes, of which the last may be cut off: neighbours without compression as one batch, and one that
 * holds others, compressed, as a batch that is decompressed when it is delivered.
 */
export const messageSetIn = (bytes: Buffer): ReadonlyArray<StoredBatch> => {
  const batches: Array<StoredBatch> = []
  let plain: Array<Message> = []
  const closePlain = (): void => {
    const [first, last] = [plain[0], plain.at(-1)]
    const records = plain
    plain = []
    if (first !== undefined && last !== undefined)
      batches.push(batchOf(first, first.offset, last.offset, async () => recordsOf(records)))
  }
  for (const message of messagesIn(bytes)) {
    if ((message.attributes & codecMask) === 0) plain.push(message)
    else {
      closePlain()
      // Only the offset of the last message inside is known.
      batches.push(batchOf(message, -1n, message.offset, (limit) => unpack(message, limit)))
    }
  }
  closePlain()
  return batches
}

const batchOf = (
  { timestamp }: Message,
  first: bigint,
  last: bigint,
  read: StoredBatch["unpack"]
): StoredBatch => ({
  ...{ first, last, offset: last.toString(), isControlRecord: false },
  time: timestamp < 0 ? undefined : timestamp,
  ...{ unpack: read, isWhole: () => true }
})

/** The messages that a compressed one holds: in version 1 with offsets that count from the first. */
const unpack = async (outer: Message, limit: number): Promise<NextRecord> => {
  const { magic, attributes, offset, timestamp, value } = outer
  if (value === undefined) return recordsOf([])
  const inner = messagesIn(await unpackerOf(attributes & codecMask)(value, limit))
  const base = magic === 0 ? 0n : offset - (inner.at(-1)?.offset ?? offset)
  const sameTime = (attributes & timeIsOfBroker) === 0 ? {} : { timestamp }
  return recordsOf(inner.map((one) => ({ ...one, offset: one.offset + base, ...sameTime })))
}

const recordsOf = (messages: ReadonlyArray<Message>): NextRecord => {
  let next = 0
  return () => {
    const message = messages[next++]
    return message === undefined ? undefined : recordOf(message)
  }
}

const recordOf = ({ offset, timestamp, key, value }: Message): StoredRecord => ({
  ...{ offset: offset.toString(), timestamp, key: key?.toString() },
  ...{ value: value ?? new Uint8Array(), valueLength: value?.length ?? 0, headers: {} }
})
