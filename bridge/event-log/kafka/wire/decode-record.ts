/**
 * Records of a batch in version 2 of the format, as they stand in its bytes. A reader needs little of most records: of
 * each only the places are noted, and key, value and headers are made when they are asked for.
 */
import type { Buffer } from "node:buffer"
import { type ByteString, textOf } from "../../../../contracts/event.ts"
import type { LogRecord } from "../../service.ts"

/** What offsets and times of records are the difference to. Times are milliseconds since 1970. */
export interface RecordBase {
  readonly offset: bigint
  readonly time: bigint
  /** The time of all of them, where the topic goes by the broker's clock. */
  readonly appended: bigint | undefined
}

export interface StoredRecord extends LogRecord {
  /** How many bytes its value has. */
  readonly valueLength: number
}

/** The next record; undefined behind the last. Throws for bytes that end within a record. */
export type NextRecord = () => StoredRecord | undefined

/** `count` records that stand one behind the other in the bytes. */
export const recordsIn = (
  bytes: Buffer,
  count: number,
  { offset, time, appended }: RecordBase
): NextRecord => {
  const from = new Varints(bytes, 0)
  const offsetOf = adder(offset)
  const timeOf = adder(time)
  const sameTime = appended === undefined ? undefined : Number(appended)
  let left = count

  return () => {
    if (left <= 0) return undefined
    left -= 1
    const length = from.int()
    const end = from.at + length
    // Its attributes mean nothing.
    from.at += 1
    const since = from.long()
    const timestamp = sameTime ?? Number(timeOf(since))
    const record = new RecordInBytes(String(offsetOf(from.int())), timestamp, from, end)
    if (record.headersStart > end || end > bytes.length) throw new Error("a batch of records ends too early")
    from.at = end
    return record
  }
}

/** Adds to a number of 64 bits, in doubles where they hold it. */
const adder = (base: bigint): ((one: number | bigint) => number | bigint) => {
  const exact = BigInt.asIntN(52, base) === base ? Number(base) : undefined
  return (one) =>
    exact !== undefined && typeof one === "number" ? exact + one : BigInt.asIntN(64, base + BigInt(one))
}

class RecordInBytes implements StoredRecord {
  readonly offset: string
  readonly timestamp: number
  readonly valueLength: number
  /** Where its headers begin. */
  readonly headersStart: number
  private readonly batch: Varints
  private readonly keyLength: number
  private readonly keyStart: number
  private readonly end: number

  /** `from` stands before its key, and then before its headers. */
  constructor(offset: string, timestamp: number, from: Varints, end: number) {
    this.offset = offset
    this.timestamp = timestamp
    this.batch = from
    this.keyLength = from.int()
    this.keyStart = from.at
    from.at += Math.max(0, this.keyLength)
    this.valueLength = Math.max(0, from.int())
    this.headersStart = from.at + this.valueLength
    this.end = end
  }

  get key(): string | undefined {
    const { batch, keyStart, keyLength } = this
    return keyLength < 0 ? undefined : batch.bytes.toString("utf8", keyStart, keyStart + keyLength)
  }

  get value(): Uint8Array {
    return this.batch.bytes.subarray(this.headersStart - this.valueLength, this.headersStart)
  }

  get text(): ByteString {
    return this.valueAndHeaders.slice(0, this.valueLength) as ByteString
  }

  get headers(): Readonly<Record<string, string>> {
    return headersIn(this.valueAndHeaders, this.valueLength)
  }

  /** A long text costs little more than a short one, and parts of it next to nothing. */
  private get valueAndHeaders(): string {
    return this.batch.text(this.headersStart - this.valueLength, this.end)
  }
}

/** Of a header that stands there several times, the last counts. */
const headersIn = (text: string, start: number): Record<string, string> => {
  const isPlain = !/[\x80-\xff]/.test(text.slice(start))
  const headers: Record<string, string> = {}
  let at = start
  const int = (): number => {
    let code = text.charCodeAt(at++)
    let rest = code & 127
    for (let shift = 7; code > 127 && shift < 35; shift += 7) {
      code = text.charCodeAt(at++)
      rest |= (code & 127) << shift
    }
    return (rest >>> 1) ^ -(rest & 1)
  }
  const part = (): string => {
    const length = Math.max(0, int())
    const bytes = text.slice(at, at + length)
    at += length
    return isPlain ? bytes : textOf(bytes as ByteString)
  }
  for (let left = int(); left > 0 && at < text.length; left--) {
    const name = part()
    headers[name] = part()
  }
  return headers
}

/** Numbers of variable length, seven bits to a byte, the sign in the last bit. */
class Varints {
  readonly bytes: Buffer
  at: number
  private textStart = -1
  private lastText = ""

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  /** The bytes up to there, one character per byte. Only the last is remembered: of thousands it would be much. */
  text(start: number, end: number): string {
    if (start !== this.textStart) {
      this.lastText = this.bytes.toString("latin1", start, end)
      this.textStart = start
    }
    return this.lastText
  }

  /** A whole number of up to 32 bits. */
  int(): number {
    const { bytes } = this
    let byte = bytes[this.at++] ?? 0
    let rest = byte & 127
    for (let shift = 7; byte > 127 && shift < 35; shift += 7) {
      byte = bytes[this.at++] ?? 0
      rest |= (byte & 127) << shift
    }
    return (rest >>> 1) ^ -(rest & 1)
  }

  /** One of up to 64 bits. */
  long(): number | bigint {
    const start = this.at
    let end = start
    while ((this.bytes[end] ?? 0) > 127 && end - start < 9) end += 1
    if (end - start < 4) return this.int()
    let rest = 0n
    for (let at = end; at >= start; at--) rest = (rest << 7n) | BigInt((this.bytes[at] ?? 0) & 127)
    this.at = end + 1
    return (rest >> 1n) ^ -(rest & 1n)
  }
}
