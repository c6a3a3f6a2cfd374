/**
 * Reads the body of an answer: at most `maxAnswerBytes` of it, decompressed if the target compressed it although it was not
 * asked to. What is more is not read. What cannot be decompressed, as nothing at all, is left out: the target has answered.
 * Keeps no state.
 */
import type { IncomingMessage } from "node:http"
import type { Readable } from "node:stream"
import { createBrotliDecompress, createInflate, createUnzip } from "node:zlib"

/** The longest body that is read, bytes, after decompression. */
export const maxAnswerBytes = 64 * 1024

export interface ReadBody {
  readonly bytes: Uint8Array
  /** Whether the body is longer, or was not read to its end. */
  readonly isCut: boolean
}

const decompressors: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createUnzip,
  "x-gzip": createUnzip,
  deflate: createInflate,
  br: createBrotliDecompress
}

/** Rejects when the connection breaks before the end. The caller closes the connection of a body that was cut. */
export const readBody = async (answer: IncomingMessage): Promise<ReadBody> => {
  const encoding = answer.headers["content-encoding"]?.trim().toLowerCase() ?? ""
  const decompress = decompressors[encoding]?.()
  if (decompress === undefined) return collect(answer)
  let [isBroken, isRead] = [false, true]
  answer.on("error", (cause) => {
    isBroken = true
    decompress.destroy(cause)
  })
  answer.pipe(decompress)
  const body = await collect(decompress, () => {
    isRead = answer.complete
    return !isBroken
  })
  decompress.destroy()
  return isRead ? body : { ...body, isCut: true }
}

/** `endsAt`: whether an error is the end of the body. */
const collect = (stream: Readable, endsAt = (): boolean => false): Promise<ReadBody> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const end = (isCut: boolean): void => {
      const bytes = new Uint8Array(Math.min(size, maxAnswerBytes))
      let at = 0
      for (const chunk of chunks) {
        bytes.set(chunk.subarray(0, bytes.length - at), at)
        at = Math.min(bytes.length, at + chunk.length)
      }
      resolve({ bytes, isCut })
    }
    stream.on("data", (chunk: Uint8Array) => {
      if (size > maxAnswerBytes) return
      chunks.push(chunk)
      size += chunk.length
      if (size > maxAnswerBytes) end(true)
    })
    stream.on("end", () => end(false))
    stream.on("error", (cause) => (endsAt() ? end(false) : reject(cause)))
    stream.on("close", () => reject(new Error("the connection was closed within the answer")))
  })
