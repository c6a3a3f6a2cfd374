/** A command as it goes over the wire to Redis (RESP), made of bytes in one piece. */
import { Buffer } from "node:buffer"
import type { ByteString } from "../../contracts/event.ts"

/** Many short texts cost about as much as one long text: they are put together before any of them is made bytes. */
export const written = (parts: ReadonlyArray<ByteString>): Buffer => {
  let text = `*${parts.length}\r\n`
  for (const part of parts) text += `$${part.length}\r\n${part}\r\n`
  return Buffer.from(text, "latin1")
}
