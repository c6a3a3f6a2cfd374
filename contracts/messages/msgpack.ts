/** MessagePack with plain maps, for any language. Decoding refuses bytes over the size limit. */
import { Packr } from "msgpackr"
import { Failure } from "../failure.ts"

/** The size limit of an encoded message, bytes; a larger batch is sent in parts. */
export const maxMessageBytes = 512 * 1024

const packr = new Packr({ useRecords: false, int64AsType: "number" })

/** The value as MessagePack. Throws for values that MessagePack cannot represent (functions, symbols). */
export const encode = (value: unknown): Uint8Array => packr.pack(value)

/** The decoded value; throws `Failure` "unreadable" (or "too-large") for bytes that are not one MessagePack value. */
export const decode = (bytes: Uint8Array): unknown => {
  if (bytes.length > 2 * maxMessageBytes) {
    throw new Failure({
      reason: "too-large",
      message: `a message of ${bytes.length} bytes exceeds the limit of ${2 * maxMessageBytes} bytes`
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
