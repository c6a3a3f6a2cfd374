/** MessagePack, as plain maps that any language reads. Decoding refuses what is larger than a message may be. */
import { Packr } from "msgpackr"
import { Failure } from "../failure.ts"

/** What a message may weigh, encoded, in bytes; a larger batch travels in parts. */
export const maxMessageBytes = 512 * 1024

const packr = new Packr({ useRecords: false, int64AsType: "number" })

/** The value as MessagePack. Throws for what MessagePack cannot hold (functions, symbols). */
export const encode = (value: unknown): Uint8Array => packr.pack(value)

/** The value in the bytes; throws `Failure` "unreadable" (or "too-large") for bytes that are not one MessagePack value. */
export const decode = (bytes: Uint8Array): unknown => {
  if (bytes.length > 2 * maxMessageBytes) {
    throw new Failure({
      reason: "too-large",
      message: `a message of ${bytes.length} bytes is over the limit`
    })
  }
  try {
    return packr.unpack(bytes)
  } catch (cause) {
    throw new Failure({ reason: "unreadable", message: `not MessagePack: ${String(cause)}` })
  }
}
