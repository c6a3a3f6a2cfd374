/**
 * Lingering before an error response: a connection that is closed while its client still sends is reset, and the client
 * may lose the response and repeat the request.
 */

/** Limits of the data that is read and discarded: size in bytes, total time and time without data in milliseconds. */
const maxLingerBytes = 4 * 1024 * 1024
const maxLingerMs = 2_000
const maxSilenceMs = 200

/** Reads and discards the body until a limit. The reader must not be used afterwards. Never rejects. */
export const linger = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
  const end = performance.now() + maxLingerMs
  let left = maxLingerBytes
  try {
    while (left > 0 && performance.now() < end) {
      const silence = setTimeout(() => cancelRead(reader), maxSilenceMs)
      const { done, value } = await reader.read().finally(() => clearTimeout(silence))
      if (done) return
      left -= value.byteLength
    }
  } catch {
    // The client disconnected.
  }
  cancelRead(reader)
}

/** NOTE: on Deno, a reader that is dropped without `cancel` keeps its connection open. */
export const cancelRead = (reader: ReadableStreamDefaultReader<Uint8Array>): void => {
  reader.cancel().catch(() => {})
}
