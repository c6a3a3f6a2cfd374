/** A line as bytes, for the stores and messages of the edge. Pure. */
import { Buffer } from "node:buffer"
import type { ByteString } from "../../contracts/event.ts"

/** A plain `Uint8Array`, which every store and codec takes. */
export const lineBytes = (line: ByteString): Uint8Array => {
  const { buffer, byteOffset, byteLength } = Buffer.from(line, "latin1")
  return new Uint8Array(buffer, byteOffset, byteLength)
}
