/** The checksum of Kafka's record batches: CRC-32C (Castagnoli), four bytes at a time. */

/** What a byte does to the checksum when none, one, two or three more bytes follow. */
const first = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})
const before = (table: Int32Array): Int32Array => table.map((crc) => (crc >>> 8) ^ (first[crc & 255] ?? 0))
const second = before(first)
const third = before(second)
const fourth = before(third)

/** The checksum, 0 to 2^32 - 1, of the bytes from `start` on. */
export const crc32c = (bytes: Uint8Array, start = 0): number => {
  let crc = -1
  let at = start
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^= view.getInt32(at, true)
    crc =
      (fourth[crc & 255] ?? 0) ^
      (third[(crc >>> 8) & 255] ?? 0) ^
      (second[(crc >>> 16) & 255] ?? 0) ^
      (first[crc >>> 24] ?? 0)
  }
  for (; at < bytes.length; at++) crc = (first[(crc ^ (bytes[at] ?? 0)) & 255] as number) ^ (crc >>> 8)
  return (crc ^ -1) >>> 0
}
