/** How batches of records are compressed on their way to and from Kafka. */
import { promisify } from "node:util"
import { constants, gzip, unzip, zstdCompress, zstdDecompress } from "node:zlib"
import { maxUnpacked, unpackLz4, unpackSnappy } from "./decompress.ts"
import type { BatchCodec } from "./encode-batch.ts"

/** How records are compressed: every consumer reads the first two, older ones need a codec for zstd. */
export type Compression = "none" | "gzip" | "zstd"

/**
 * `compress` gets the encoded records of a batch, `decompress` what the broker keeps of them. It rejects for more than
 * `limit` bytes before there are more; how, depends on the runtime.
 */
export interface Codec {
  readonly compress: (records: { readonly buffer: Buffer }) => Promise<Buffer>
  readonly decompress: (bytes: Buffer, limit?: number) => Promise<Buffer>
}

const gzipAsync = promisify(gzip)
const unzipAsync = promisify(unzip)
const zstdAsync = promisify(zstdCompress)
const unzstdAsync = promisify(zstdDecompress)

/** What is packed comes in pieces of this size, bytes: each is a task of its own, so one should hold it all. */
const chunkSize = 128 * 1024

/** Of what is unpacked the size is known: gzip's last four bytes tell it. They may lie, so within bounds. */
const unpackedChunk = (packed: Buffer): number =>
  Math.min(
    1024 * 1024,
    Math.max(16 * 1024, packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4) + 16)
  )

/** At its fastest level: records are so alike that the higher ones gain little. */
export const gzipCodec: Codec = {
  compress: ({ buffer }) => gzipAsync(buffer, { level: constants.Z_BEST_SPEED, chunkSize }),
  decompress: (bytes, limit = maxUnpacked) =>
    unzipAsync(bytes, { chunkSize: unpackedChunk(bytes), maxOutputLength: limit })
}

/** At its fastest level, where it packs records no worse than at its usual one. */
export const zstdCodec: Codec = {
  compress: ({ buffer }) => zstdAsync(buffer, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  decompress: (bytes, limit = maxUnpacked) => unzstdAsync(bytes, { chunkSize, maxOutputLength: limit })
}

/** Of other producers; Spoor itself does not write it. */
const readOnly = (name: string, unpack: (bytes: Buffer, limit: number) => Buffer): Codec => ({
  compress: () => Promise.reject(new Error(`Spoor does not write ${name}`)),
  decompress: async (bytes, limit = maxUnpacked) => unpack(bytes, limit)
})

export const lz4Codec = readOnly("LZ4", unpackLz4)
export const snappyCodec = readOnly("Snappy", unpackSnappy)

/** By the number that the format has for each. */
const codecs: ReadonlyArray<Codec | undefined> = [undefined, gzipCodec, snappyCodec, lz4Codec, zstdCodec]

/** Records are packed in a way that a later version may know. */
export class UnknownCodec extends Error {}

/** What unpacks records that are packed by the codec of that number; 0: they are not. Rejects for one that is not known. */
export const unpackerOf = (number: number): Codec["decompress"] => {
  if (number === 0) return (bytes) => Promise.resolve(bytes)
  const codec = codecs[number]
  return (
    codec?.decompress ?? (() => Promise.reject(new UnknownCodec(`records are packed by codec ${number}`)))
  )
}

/** How a batch of records is compressed on its way to a broker. */
export const codecOf: Record<Compression, BatchCodec> = {
  none: { number: 0 },
  gzip: { number: 1, compress: (buffer) => gzipCodec.compress({ buffer }) },
  zstd: { number: 4, compress: (buffer) => zstdCodec.compress({ buffer }) }
}
