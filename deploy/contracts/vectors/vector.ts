/** What a golden vector is: one message in one format, as bytes and as JSON, with what it shows. */
import type { FailureReason } from "../../../contracts/failure.ts"

/** A message that every reader must decode to this value. */
export interface Vector {
  readonly message: string
  readonly format: number
  /** The name of its files. */
  readonly case: string
  /** What it shows, for a person. */
  readonly about: string
  /** The decoded message. */
  readonly value: unknown
  /** MessagePack from another writer than ours; otherwise our writer makes it, and only then are its bytes canonical. */
  readonly bytes?: Uint8Array
  /** Of a batch: its events as a reader must take them from the columns. */
  readonly events?: ReadonlyArray<unknown>
}

/** Bytes that every reader must refuse with this reason. */
export interface InvalidVector {
  readonly message: string
  readonly format: number
  readonly case: string
  readonly about: string
  readonly bytes: Uint8Array
  readonly failure: FailureReason
}

export const batchId = "01a1fb8bbec97cb7a986b924b7858cf5"
export const digest = "0123456789abcdef"
export const emptyDigest = "0000000000000000"

/** Milliseconds since 1970, over 32 bits as all times are. */
export const time = 1_795_206_900_123

/** The largest integer of a message: 2^53 - 1. */
export const widest = Number.MAX_SAFE_INTEGER

/** The bytes 0x00 to 0xFF. */
export const everyByte: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte)

/** The text with one character per byte, as lines are in format 1. */
export const oneCharPerByte = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

/** The bytes of a text in UTF-8. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]))
