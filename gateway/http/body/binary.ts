/** What is no text: bytes that nobody means to be read. Keeps no state. */
import type { ByteString } from "../../../contracts/event.ts"

/** Does it hold a control character other than white space? Compressed and packed data do after a few bytes. */
export const isBinary = (bytes: ByteString): boolean => /[^\t-\r -\xff]/.test(bytes)
