/** How batches of records are compressed on their way to and from Kafka. */
import { promisify } from "node:util"
import { constants, gzip, unzip, zstdCompress, zstdDecompress } from "node:zlib"
import { unpackLz4, unpackSnappy } from "./unpack.ts"

/** What the client library calls: `compress` gets the encoded records of a batch, `decompress` what the broker keeps of them. */
export interface Codec {
  readonly compress: (records: { readonly buffer: Buffer }) => Promise<Buffer>
  readonly decompress: (bytes: Buffer) => Promise<Buffer>
}

const gzipAsync = promisify(gzip)
const unzipAsync = promisify(unzip)
const zstdAsync = promisify(zstdCompress)
const unzstdAsync = promisify(zstdDecompress)

/** What is packed comes in pieces of this size, bytes: each is a task of its own, so one should hold it all. */
const chunkSize = 128 * 1024

/** At its fastest level: records are so alike that the higher ones gain little. */
export const gzipCodec: Codec = {
  compress: ({ buffer }) => gzipAsync(buffer, { level: constants.Z_BEST_SPEED, chunkSize }),
  decompress: (bytes) => unzipAsync(bytes)
}

/** At its fastest level, where it packs records no worse than at its usual one. */
export const zstdCodec: Codec = {
  compress: ({ buffer }) => zstdAsync(buffer, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  decompress: (bytes) => unzstdAsync(bytes)
}

/** Of other producers; Spoor itself does not write it. */
const readOnly = (name: string, unpack: (bytes: Buffer) => Buffer): Codec => ({
  compress: () => Promise.reject(new Error(`Spoor does not write ${name}`)),
  decompress: async (bytes) => unpack(bytes)
})

export const lz4Codec = readOnly("LZ4", unpackLz4)
export const snappyCodec = readOnly("Snappy", unpackSnappy)
