/** Bytes as a `ByteString`: the only Latin-1 decoder. Separate from `event.ts`, because it needs Node's `Buffer`. Pure. */
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
