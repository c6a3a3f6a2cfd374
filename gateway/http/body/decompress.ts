/**
 * Content codings of a body: which are read, and decompressing while counting. What comes out is counted here and
 * nowhere else, 16 KiB at a time, so that a bomb costs no more than the cap.
 */
import * as zlib from "node:zlib"
import { HttpError } from "../errors.ts"
import { BufferFull, ByteBuffer } from "./byte-buffer.ts"
import { closeConnection } from "./closing.ts"

/** A coding: makes its decoder for the bytes of a body. */
export type Coding = (sent: Uint8Array) => Decoder

interface Decoder extends AsyncIterable<Uint8Array> {
  /** Bytes that were used up. */
  readonly bytesWritten: number
  readonly end: (bytes: Uint8Array) => unknown
}

/** `deflate` means the zlib format, but many send the bare one. */
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 15) === 8 && ((first << 8) | second) % 31 === 0

const codings: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", () => zlib.createGunzip()],
  ["x-gzip", () => zlib.createGunzip()],
  ["deflate", (sent) => (isZlib(sent) ? zlib.createInflate() : zlib.createInflateRaw())],
  ["br", () => zlib.createBrotliDecompress()],
  // Runtimes older than ours have none.
  ...(typeof zlib.createZstdDecompress === "function"
    ? [["zstd", () => zlib.createZstdDecompress()] as const satisfies readonly [string, Coding]]
    : [])
])

const readable = [...codings.keys()].filter((name) => name !== "x-gzip").join(", ")

/** The coding that a `Content-Encoding` header names; undefined for none. Throws a `HttpError` (415) for any other. */
export const codingOf = (header: string | null): Coding | undefined => {
  const name = header?.trim().toLowerCase() ?? ""
  if (name === "" || name === "identity") return undefined
  const coding = codings.get(name)
  if (coding !== undefined) return coding
  throw new HttpError(
    "unsupported-media-type",
    name.includes(",")
      ? "A body may be compressed once, not twice."
      : `A body may be compressed with one of ${readable}.`,
    { ...closeConnection, "accept-encoding": readable }
  )
}

/** Beyond so many bytes a body may not be this many times larger than what was sent. */
const harmlessBytes = 256 * 1024
const largestRatio = 100

/**
 * The bytes of a body, of at most `limit`. Throws a `HttpError`: 413 for more, or for a body that grows more than a
 * hundredfold, 400 for what is damaged, cut off, or followed by something else.
 */
export const decompressed = async (coding: Coding, sent: Uint8Array, limit: number): Promise<Uint8Array> => {
  const most = Math.min(limit, Math.max(harmlessBytes, sent.byteLength * largestRatio))
  const gathered = new ByteBuffer(most)
  const decoder = coding(sent)
  try {
    decoder.end(withByteBehind(sent))
    for await (const piece of decoder) gathered.add(piece)
  } catch (cause) {
    throw cause instanceof BufferFull ? tooLarge(limit) : damaged()
  }
  if (decoder.bytesWritten !== sent.byteLength) throw damaged()
  return gathered.bytes
}

/**
 * NOTE: the runtimes say nothing of a Brotli or Zstandard body that is cut off, nor of what follows its end. With one
 * byte behind it, a body that is whole leaves exactly that byte over.
 */
const withByteBehind = (sent: Uint8Array): Uint8Array => {
  const longer = new Uint8Array(sent.byteLength + 1)
  longer.set(sent)
  return longer
}

const tooLarge = (limit: number): HttpError =>
  new HttpError("too-large", `The body is larger than ${limit} bytes once decompressed, or grows too much.`)

const damaged = (): HttpError => new HttpError("bad-request", "The body cannot be decompressed.")
