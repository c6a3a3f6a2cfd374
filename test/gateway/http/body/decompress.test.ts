/** Compressed bodies: every coding, complete and damaged, and decompression bombs. */
import { describe, expect, test } from "bun:test"
import { Buffer } from "node:buffer"
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync
} from "node:zlib"
import { type Coding, codingOf, decompressed } from "../../../../gateway/http/body/decompress.ts"
import { HttpError } from "../../../../gateway/http/errors.ts"

const brotli = (bytes: Uint8Array): Uint8Array =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })

const codings = [
  ["gzip", "gzip", gzipSync],
  ["gzip by its old name", "X-GZIP ", gzipSync],
  ["deflate", "deflate", deflateSync],
  ["deflate without the zlib format", "deflate", deflateRawSync],
  ["br", "br", brotli],
  ["zstd", "zstd", zstdCompressSync]
] as const

const coding = (name: string): Coding => {
  const found = codingOf(name)
  if (found === undefined) throw new Error(name)
  return found
}

const limit = 1024 * 1024

/** The text of the bytes, or the error code. */
const textOf = async (name: string, sent: Uint8Array): Promise<string> => {
  try {
    return new TextDecoder().decode(await decompressed(coding(name), sent, limit))
  } catch (cause) {
    return cause instanceof HttpError ? cause.code : String(cause)
  }
}

const text = Array.from({ length: 2_000 }, (_, i) => `event ${i * 7919}`).join(" ")

for (const [what, name, compress] of codings) {
  describe(what, () => {
    const sent = compress(Buffer.from(text))

    test("complete", async () => expect(await textOf(name, sent)).toBe(text))

    test("of an empty body", async () => expect(await textOf(name, compress(Buffer.alloc(0)))).toBe(""))

    test("truncated anywhere", async () => {
      for (let end = 0; end < sent.length; end += Math.max(1, Math.floor(sent.length / 50))) {
        expect(await textOf(name, sent.subarray(0, end))).toBe("bad-request")
      }
      expect(await textOf(name, sent.subarray(0, -1))).toBe("bad-request")
    })

    test("followed by other bytes", async () => {
      for (const more of ["\0", "garbage", "\0".repeat(100)]) {
        expect(await textOf(name, Buffer.concat([sent, Buffer.from(more)]))).toBe("bad-request")
      }
    })

    test("that is not compressed", async () => {
      expect(await textOf(name, Buffer.from("This is no compressed text."))).toBe("bad-request")
    })

    test("up to the limit, and no byte more", async () => {
      const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * i * 31) & 255))
      const full = Buffer.concat(
        Array.from({ length: limit / 4096 }, (_, i) => noise.map((byte) => byte ^ i))
      )
      const read = await textOf(name, compress(full))
      expect(read).not.toBe("too-large")
      expect(await textOf(name, compress(Buffer.concat([full, Buffer.from("x")])))).toBe("too-large")
    })

    test("a decompression bomb costs no more than the limit", async () => {
      const bomb = compress(Buffer.alloc(100 * limit))
      const before = process.memoryUsage.rss()
      for (let i = 0; i < 10; i++) expect(await textOf(name, bomb)).toBe("too-large")
      expect(process.memoryUsage.rss() - before).toBeLessThan(50 * limit)
    })

    test("that grows more than a hundredfold is refused below the limit too", async () => {
      expect(await textOf(name, compress(Buffer.alloc(512 * 1024)))).toBe("too-large")
      expect(await textOf(name, compress(Buffer.alloc(200 * 1024)))).toHaveLength(200 * 1024)
    })
  })
}

describe("Content-Encoding", () => {
  test("may be missing or identity", () => {
    for (const header of [null, "", "identity", " Identity "]) expect(codingOf(header)).toBeUndefined()
  })

  test("is refused with two codings or an unknown one", () => {
    for (const header of ["gzip, gzip", "gzip,br", "compress", "toString", "gzip;q=1"]) {
      expect(() => codingOf(header)).toThrow(HttpError)
    }
  })
})
