/** Lines as the stores of the edge keep them: a list of byte strings in MessagePack. Pure. */
import { Buffer } from "node:buffer"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import { decode, encode } from "../../contracts/messages/msgpack.ts"

export const encodeLines = (lines: ReadonlyArray<ByteString>): Uint8Array =>
  encode(lines.map((line) => Buffer.from(line, "latin1")))

/** Throws `Failure` for bytes that `encodeLines` did not write. */
export const decodeLines = (bytes: Uint8Array): ReadonlyArray<ByteString> =>
  (decode(bytes) as ReadonlyArray<Uint8Array>).map(byteStringOf)
