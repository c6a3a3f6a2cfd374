/**
 * Bytes as a `ByteString`, and back: the only Latin-1 decoder and encoder. Separate from `event.ts`, because it needs
 * Node's `Buffer`. Pure.
 */
import { Buffer } from "node:buffer"
import type { ByteString } from "./event.ts"

/**
 * The bytes as a string, one character per byte, without a copy of the bytes. `TextDecoder` cannot do this: its
 * "latin1" is Windows-1252, which changes the bytes 0x80 to 0x9f.
 */
export const byteStringOf = (bytes: Uint8Array): ByteString => {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString("latin1") as ByteString
}

/** The bytes of a `ByteString`, one per character. */
export const uint8ArrayOf = (text: ByteString): Uint8Array => Buffer.from(text, "latin1")
