/**
 * MessagePack with plain maps, for any language: integers are written as integers, up to 64 bits. Decoding refuses bytes
 * over the size limit.
 */
import { Packr } from "msgpackr"
import { Failure } from "../failure.ts"

/** The size limit of an encoded message, bytes; a larger batch is sent in parts. */
export const maxMessageBytes = 512 * 1024

const packr = new Packr({ useRecords: false, int64AsType: "number" })

/**
 * The value as MessagePack; integers of more than 64 bits as floating point. Throws for values that MessagePack cannot
 * represent: functions, symbols.
 */
export const encode = (value: unknown): Uint8Array => packr.pack(withIntegers(value))

/** Like `encode`, for a value whose integers over 32 bits are already `integer`s. */
export const pack = (value: unknown): Uint8Array => packr.pack(value)

/**
 * The number as `pack` must get it: a bigint over 32 bits, because the library writes such numbers as floating point, which
 * decoders of typed languages refuse for an integer. One of more than 64 bits can only be floating point.
 */
export const integer = (number: number): number | bigint => {
  const isLong = number > 0xffff_ffff || number < -0x8000_0000
  return isLong && number < 2 ** 64 && number >= -(2 ** 63) ? BigInt(number) : number
}

const withIntegers = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isInteger(value) ? integer(value) : value
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(withIntegers)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withIntegers(one)]))
}

/**
 * The decoded value; throws `Failure` "unreadable" (or "too-large") for bytes that are not one MessagePack value. `maxBytes`
 * is for messages of others.
 */
export const decode = (bytes: Uint8Array, maxBytes = 2 * maxMessageBytes): unknown => {
  if (bytes.length > maxBytes) {
    throw new Failure({
      reason: "too-large",
      message: `a message of ${bytes.length} bytes exceeds the limit of ${maxBytes} bytes`
    })
  }
  try {
    return packr.unpack(bytes)
  } catch (cause) {
    throw new Failure({
      reason: "unreadable",
      message: `the message is not valid MessagePack: ${String(cause)}`
    })
  }
}
