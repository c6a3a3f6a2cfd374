/**
 * Reads the body of a request and counts it as it arrives: neither the server's own limits nor `Content-Length` are
 * trusted. Keeps no state.
 */
import { HttpError } from "../errors.ts"
import { BufferFull, ByteBuffer } from "./byte-buffer.ts"
import { closeConnection } from "./closing.ts"
import { codingOf, decompressed } from "./decompress.ts"
import type { BodyLimits } from "./limits.ts"
import { cancelRead, linger } from "./linger.ts"
import { MemoryReservation, minReservation } from "./memory-reservation.ts"

/** Reads the body of a request and passes its bytes to `use`; the memory for both is reserved until `use` returns. */
export type ReadBody = <A>(request: Request, use: (bytes: Uint8Array) => A) => Promise<A>

/**
 * A reader with those limits. Rejects with an `HttpError`: 413 above a limit, 415 for an unsupported coding, 400 for a
 * damaged or truncated body, 408 after the timeout, 503 when no memory is left.
 */
export const bodyReader = (limits: BodyLimits): ReadBody => {
  const maxPlainBytes = Math.min(limits.sentBytes, limits.bytes)

  return async (request, use) => {
    const { headers } = request
    const coding = codingOf(headers.get("content-encoding"))
    const maxBytes = coding === undefined ? maxPlainBytes : limits.sentBytes
    const length = headers.get("content-length")
    const announced = Number(length ?? maxBytes)
    const isPlain = coding === undefined && !headers.has("transfer-encoding")
    if (isPlain && isSmall(length, Math.min(minReservation, maxBytes))) {
      const memory = new MemoryReservation(limits.reserve)
      try {
        memory.grow(announced, announced)
        return use(await readAtOnce(request, maxBytes, limits.timeoutMs))
      } finally {
        memory.release()
      }
    }
    const { body } = request
    if (body === null) return use(new Uint8Array(0))
    if (announced > maxBytes) {
      await linger(body.getReader())
      throw tooLarge(maxBytes)
    }

    const memory = new MemoryReservation(limits.reserve)
    try {
      const expected = announced > 0 ? announced : maxBytes
      const sent = await readStream(body, expected, maxBytes, limits.timeoutMs, memory)
      if (coding === undefined || sent.byteLength === 0) return use(sent)
      const both = sent.byteLength + limits.bytes
      memory.grow(both, both)
      return use(await decompressed(coding, sent, limits.bytes))
    } finally {
      memory.release()
    }
  }
}

const isSmall = (length: string | null, maxBytes: number): boolean => {
  const bytes = Number(length ?? 0)
  return bytes > 0 && bytes <= maxBytes
}

/**
 * Reads a body with a small Content-Length in one call. The runtime does not read more than that, and it costs a third of
 * reading a stream.
 */
const readAtOnce = (request: Request, maxBytes: number, timeoutMs: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate(timeoutMs)), timeoutMs)
    request.bytes().then(
      (bytes) => {
        clearTimeout(timer)
        if (bytes.byteLength > maxBytes) reject(tooLarge(maxBytes))
        else resolve(bytes)
      },
      () => {
        clearTimeout(timer)
        reject(truncated())
      }
    )
  })

/** Reads a body chunk by chunk. On failure it cancels the body. */
const readStream = async (
  body: ReadableStream<Uint8Array>,
  expected: number,
  maxBytes: number,
  timeoutMs: number,
  memory: MemoryReservation
): Promise<Uint8Array> => {
  memory.grow(1, expected)
  const reader = body.getReader()
  const buffer = new ByteBuffer(maxBytes)
  let isLate = false
  let size = 0
  const timer = setTimeout(() => {
    isLate = true
    cancelRead(reader)
  }, timeoutMs)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (isLate) throw new Error("late")
      if (done) return buffer.bytes
      size += value.byteLength
      if (size <= maxBytes) memory.grow(size, maxBytes)
      buffer.add(value)
    }
  } catch (cause) {
    if (cause instanceof BufferFull) {
      await linger(reader)
      throw tooLarge(maxBytes)
    }
    cancelRead(reader)
    if (cause instanceof HttpError) throw cause
    throw isLate ? tooLate(timeoutMs) : truncated()
  } finally {
    clearTimeout(timer)
  }
}

const tooLarge = (maxBytes: number): HttpError =>
  new HttpError("too-large", `The body exceeds ${maxBytes} bytes.`, closeConnection)

const tooLate = (timeoutMs: number): HttpError =>
  new HttpError("timeout", `The body did not arrive within ${timeoutMs / 1000} seconds.`, closeConnection)

const truncated = (): HttpError => new HttpError("bad-request", "The body is truncated.", closeConnection)
