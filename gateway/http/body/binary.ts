/** Detects binary data in a text body. Keeps no state. */
import type { ByteString } from "../../../contracts/event.ts"

/** Whether the bytes contain a control character other than white space. Compressed data has one within a few bytes. */
export const isBinary = (bytes: ByteString): boolean => /[^\t-\r -\xff]/.test(bytes)
