/** Compressed bodies: bombs of up to 1 GB, concatenated, truncated, damaged, or with a wrong Content-Encoding. */
import { Buffer } from "node:buffer"
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync
} from "node:zlib"
import { type MakeAttack, plainAttack, utf8 } from "../attack.ts"
import { damaged } from "../texts.ts"

type Compress = (bytes: Uint8Array) => Uint8Array

const quick: Compress = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
type Coder = readonly [name: string, compress: Compress]
const coders: readonly [Coder, ...ReadonlyArray<Coder>] = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", quick],
  ["zstd", zstdCompressSync]
]

const names = [
  "gzip",
  "x-gzip",
  "deflate",
  "br",
  "zstd",
  "identity",
  "gzip, gzip",
  "GZIP",
  "compress",
  "*",
  ""
] as const

/** A stream with a repeated tail: decompresses to many bytes without allocating them here. */
const bombs = new Map<string, Uint8Array>()
const bomb = (name: string, coder: Compress, megabytes: number): Uint8Array => {
  const key = `${name} ${coder.name} ${megabytes}`
  const known = bombs.get(key)
  if (known !== undefined) return known
  const made = coder(new Uint8Array(megabytes * 1024 * 1024))
  bombs.set(key, made)
  return made
}

/** Concatenated gzip members: 1 GB in 1 MB. */
const manyMembers = (): Uint8Array => {
  const member = bomb("gzip", gzipSync, 16)
  return Buffer.concat(Array.from({ length: 60 }, () => member))
}

/** zstd frames of one repeated byte: 10 GB in 320 KB. */
const hugeBomb = (): Uint8Array => {
  // A frame with a window of 128 KB, then blocks of one repeated byte, 128 KB each; the last block is empty.
  const [magic, block, last] = [
    [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38],
    [0x02, 0x00, 0x10, 0x20],
    [0x01, 0x00, 0x00]
  ]
  return Buffer.concat([Buffer.from(magic), Buffer.alloc(80_000 * 4, Buffer.from(block)), Buffer.from(last)])
}

const good = utf8('[{"event":"zip","params":{"a":1}},{"event":"zip","params":{"a":2}}]')

export const compressedAttack: MakeAttack = (random) => {
  const [name, coder] = random.pick(coders)
  const kind = random.whole(0, 8)
  const sent =
    kind === 6 ? Buffer.from(coder(utf8(`[${'{"event":"x"},'.repeat(900)}{"event":"x"}]`))) : coder(good)
  const body =
    kind === 0
      ? bomb(name, coder, random.pick([2, 10]))
      : kind === 1
        ? manyMembers()
        : kind === 2
          ? coder(coder(good))
          : kind === 3
            ? sent.subarray(0, random.whole(0, sent.byteLength))
            : kind === 4
              ? damaged(random, sent)
              : kind === 5
                ? Buffer.concat([sent, coder(good)])
                : kind === 8
                  ? hugeBomb()
                  : sent
  const called = kind === 1 ? "gzip" : kind === 8 ? "zstd" : random.next() < 0.8 ? name : random.pick(names)
  return plainAttack(
    "compressed",
    { target: "/batch", body, type: "application/json", headers: [`Content-Encoding: ${called}`] },
    1_000
  )
}
