/**
 * Reads the body of an answer: at most `maxAnswerBytes` of it, decompressed if the target compressed it although it was not
 * asked to. What is more is not read. Keeps no state.
 */
import type { IncomingMessage } from "node:http"
import type { Readable } from "node:stream"
import { createBrotliDecompress, createInflate, createUnzip } from "node:zlib"

/** The longest body that is read, bytes, after decompression. */
export const maxAnswerBytes = 64 * 1024

export interface ReadBody {
  readonly bytes: Uint8Array
  /** Whether the body is longer. */
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
  answer.on("error", (cause) => decompress.destroy(cause))
  answer.pipe(decompress)
  const body = await collect(decompress)
  decompress.destroy()
  return body
}

const collect = (stream: Readable): Promise<ReadBody> =>
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
    stream.on("error", reject)
    stream.on("close", () => reject(new Error("the connection was closed within the answer")))
  })
