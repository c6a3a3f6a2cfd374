/**
 * The supported content codings, and decompression with a size limit. The output is counted here, in chunks of 16 KiB, so
 * that a decompression bomb costs no more memory than the limit.
 */
import * as zlib from "node:zlib"
import { HttpError } from "../errors.ts"
import { BufferFull, ByteBuffer } from "./byte-buffer.ts"
import { closeConnection } from "./closing.ts"

/** A content coding: creates a decoder for the bytes of a body. */
export type Coding = (sent: Uint8Array) => Decoder

interface Decoder extends AsyncIterable<Uint8Array> {
  /** Input bytes that were consumed. */
  readonly bytesWritten: number
  readonly end: (bytes: Uint8Array) => unknown
}

/** `deflate` means the zlib format, but many clients send raw deflate. */
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 15) === 8 && ((first << 8) | second) % 31 === 0

const codings: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", () => zlib.createGunzip()],
  ["x-gzip", () => zlib.createGunzip()],
  ["deflate", (sent) => (isZlib(sent) ? zlib.createInflate() : zlib.createInflateRaw())],
  ["br", () => zlib.createBrotliDecompress()],
  // Older runtimes do not support Zstandard.
  ...(typeof zlib.createZstdDecompress === "function"
    ? [["zstd", () => zlib.createZstdDecompress()] as const satisfies readonly [string, Coding]]
    : [])
])

const supported = [...codings.keys()].filter((name) => name !== "x-gzip").join(", ")

/** The coding of a `Content-Encoding` header; undefined for none. Throws an `HttpError` (415) for an unsupported coding. */
export const codingOf = (header: string | null): Coding | undefined => {
  const name = header?.trim().toLowerCase() ?? ""
  if (name === "" || name === "identity") return undefined
  const coding = codings.get(name)
  if (coding !== undefined) return coding
  throw new HttpError(
    "unsupported-media-type",
    name.includes(",") ? "Compress the body only once." : `Compress the body with one of ${supported}.`,
    { ...closeConnection, "accept-encoding": supported }
  )
}

/** Above `unlimitedRatioBytes`, a body may be at most `maxRatio` times larger than its compressed form. */
const unlimitedRatioBytes = 256 * 1024
const maxRatio = 100

/**
 * The decompressed bytes of a body, at most `maxBytes`. Throws an `HttpError`: 413 above the limit or the ratio, 400 for
 * data that is damaged, truncated, or followed by other bytes.
 */
export const decompressed = async (
  coding: Coding,
  sent: Uint8Array,
  maxBytes: number
): Promise<Uint8Array> => {
  const buffer = new ByteBuffer(Math.min(maxBytes, Math.max(unlimitedRatioBytes, sent.byteLength * maxRatio)))
  const decoder = coding(sent)
  try {
    decoder.end(withExtraByte(sent))
    for await (const chunk of decoder) buffer.add(chunk)
  } catch (cause) {
    throw cause instanceof BufferFull ? tooLarge(maxBytes) : damaged()
  }
  if (decoder.bytesWritten !== sent.byteLength) throw damaged()
  return buffer.bytes
}

/**
 * NOTE: the runtimes do not report a truncated Brotli or Zstandard body, nor bytes after its end. With one extra byte
 * appended, a complete body leaves exactly that byte unconsumed.
 */
const withExtraByte = (sent: Uint8Array): Uint8Array => {
  const longer = new Uint8Array(sent.byteLength + 1)
  longer.set(sent)
  return longer
}

const tooLarge = (maxBytes: number): HttpError =>
  new HttpError(
    "too-large",
    `The decompressed body exceeds ${maxBytes} bytes or ${maxRatio} times its compressed size.`
  )

const damaged = (): HttpError => new HttpError("bad-request", "The body cannot be decompressed.")
