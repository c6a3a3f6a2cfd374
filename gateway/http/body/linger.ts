/**
 * Reading on for a moment before a "no": a connection that is closed while its client still sends is reset, and the
 * client may lose the answer with it; then it knows no better than to send the same again.
 */

/** At the most so many bytes are read and thrown away, for so long, and only while they keep coming; milliseconds. */
const mostBytes = 4 * 1024 * 1024
const longest = 2_000
const longestSilence = 200

/** Reads on; resolves when it is enough. The reader is of no use any longer. Never rejects. */
export const linger = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
  const end = performance.now() + longest
  let left = mostBytes
  try {
    while (left > 0 && performance.now() < end) {
      const silence = setTimeout(() => leave(reader), longestSilence)
      const { done, value } = await reader.read().finally(() => clearTimeout(silence))
      if (done) return
      left -= value.byteLength
    }
  } catch {
    // The client went away.
  }
  leave(reader)
}

/** NOTE: a reader that is merely dropped keeps its connection open on Deno. */
export const leave = (reader: ReadableStreamDefaultReader<Uint8Array>): void => {
  reader.cancel().catch(() => {})
}
