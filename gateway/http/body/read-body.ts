/**
 * The body of a request, counted as it comes: the server's own limits and what `Content-Length` says are not relied
 * on. Keeps no state.
 */
import { HttpError } from "../errors.ts"
import { BufferFull, ByteBuffer } from "./byte-buffer.ts"
import { closeConnection } from "./closing.ts"
import { codingOf, decompressed } from "./decompress.ts"
import type { BodyLimits } from "./limits.ts"
import { leave, linger } from "./linger.ts"
import { MemoryReservation, small } from "./memory-reservation.ts"

/** Reads the body of a request and makes something of its bytes; the memory for both is reserved until then. */
export type ReadBody = <A>(request: Request, use: (bytes: Uint8Array) => A) => Promise<A>

/**
 * A reader within those limits. Rejects with a `HttpError`: 413 over a limit, 415 for a coding that is not read, 400 for
 * a body that is damaged or breaks off, 408 when it takes too long, 503 when there is no memory for it now.
 */
export const bodyReader = (limits: BodyLimits): ReadBody => {
  const plainBytes = Math.min(limits.sentBytes, limits.bytes)

  return async (request, use) => {
    const { headers } = request
    const coding = codingOf(headers.get("content-encoding"))
    const most = coding === undefined ? plainBytes : limits.sentBytes
    const length = headers.get("content-length")
    const announced = Number(length ?? most)
    if (coding === undefined && isSmall(length, Math.min(small, most)) && !headers.has("transfer-encoding")) {
      const held = new MemoryReservation(limits.reserve)
      try {
        held.hold(announced, announced)
        return use(await atOnce(request, most, limits.patience))
      } finally {
        held.release()
      }
    }
    const { body } = request
    if (body === null) return use(new Uint8Array(0))
    if (announced > most) {
      await linger(body.getReader())
      throw tooLarge(most)
    }

    const held = new MemoryReservation(limits.reserve)
    try {
      const sent = await collected(body, announced > 0 ? announced : most, most, limits.patience, held)
      if (coding === undefined || sent.byteLength === 0) return use(sent)
      const both = sent.byteLength + limits.bytes
      held.hold(both, both)
      return use(await decompressed(coding, sent, limits.bytes))
    } finally {
      held.release()
    }
  }
}

const isSmall = (length: string | null, most: number): boolean => {
  const bytes = Number(length ?? 0)
  return bytes > 0 && bytes <= most
}

/**
 * The bytes of a body that is announced to be small. A runtime reads no more than is announced, and to have it all at
 * once costs a third of what its pieces do.
 */
const atOnce = (request: Request, most: number, patience: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate(patience)), patience)
    request.bytes().then(
      (bytes) => {
        clearTimeout(timer)
        if (bytes.byteLength > most) reject(tooLarge(most))
        else resolve(bytes)
      },
      () => {
        clearTimeout(timer)
        reject(brokenOff())
      }
    )
  })

/** The bytes of a body. However it ends, nothing of it is held any longer. */
const collected = async (
  body: ReadableStream<Uint8Array>,
  announced: number,
  most: number,
  patience: number,
  held: MemoryReservation
): Promise<Uint8Array> => {
  held.hold(1, announced)
  const reader = body.getReader()
  const gathered = new ByteBuffer(most)
  let isLate = false
  let size = 0
  const timer = setTimeout(() => {
    isLate = true
    leave(reader)
  }, patience)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (isLate) throw new Error("late")
      if (done) return gathered.bytes
      size += value.byteLength
      if (size <= most) held.hold(size, most)
      gathered.add(value)
    }
  } catch (cause) {
    if (cause instanceof BufferFull) {
      await linger(reader)
      throw tooLarge(most)
    }
    leave(reader)
    if (cause instanceof HttpError) throw cause
    throw isLate ? tooLate(patience) : brokenOff()
  } finally {
    clearTimeout(timer)
  }
}

const tooLarge = (most: number): HttpError =>
  new HttpError("too-large", `A body may weigh ${most} bytes.`, closeConnection)

const tooLate = (patience: number): HttpError =>
  new HttpError("timeout", `The body was not there within ${patience / 1000} seconds.`, closeConnection)

const brokenOff = (): HttpError => new HttpError("bad-request", "The body breaks off.", closeConnection)
