/** Encodes a command for Redis (RESP) in one buffer. */
import { Buffer } from "node:buffer"
import type { ByteString } from "../../contracts/event.ts"

/** Joins all parts before the conversion to bytes: converting one long text costs about as much as one short text. */
export const encoded = (parts: ReadonlyArray<ByteString>): Buffer => {
  let text = `*${parts.length}\r\n`
  for (const part of parts) text += `$${part.length}\r\n${part}\r\n`
  return Buffer.from(text, "latin1")
}
