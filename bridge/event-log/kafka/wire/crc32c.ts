/**
 * The checksum of Kafka's record batches: CRC-32C (Castagnoli), computed by a library that the client brings along.
 * murmur2.ts and decompress.ts are our own: the library's murmur2 is slower, and its LZ4 and Snappy have no limit on the
 * decompressed size and trap on damaged bytes.
 */
import { crc32c as checksum } from "@platformatic/wasm-utils"

/** The checksum, 0 to 2^32 - 1, of the bytes from `start` on. */
export const crc32c = (bytes: Uint8Array, start = 0): number => checksum(bytes.subarray(start)) >>> 0
