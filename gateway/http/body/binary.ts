/** What is no text: bytes that nobody means to be read. Keeps no state. */
import type { Bytes } from "../../../contracts/event.ts"

/** Does it hold a control character other than white space? Compressed and packed data do after a few bytes. */
export const isBinary = (bytes: Bytes): boolean => /[^\t-\r -\xff]/.test(bytes)
