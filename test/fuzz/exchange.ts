/** Sends one attack over a connection of its own, until it is answered, closed, or silent for too long. */
import { Buffer } from "node:buffer"
import { connect } from "node:net"
import type { Attack } from "./attack.ts"
import { type ResponseRead, readResponses } from "./read-responses.ts"

export interface Exchange {
  readonly responses: ReadonlyArray<ResponseRead>
  /** Bytes of an incomplete response at the end. */
  readonly rest: number
  readonly received: Buffer
  /** The gateway closed the connection, not we. */
  readonly wasClosed: boolean
}

/** The exchange ends after this time without data, milliseconds. */
const silenceMs = 400
/** The same for an attack whose requests must all be answered. */
const timeoutMs = 10_000

/** `from` is the local address to connect from; default: any. */
export const exchange = (port: number, attack: Attack, from?: string): Promise<Exchange> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    const isHead = (index: number): boolean => attack.requests?.[index]?.isHead ?? false
    const wanted = attack.requests?.length ?? Number.POSITIVE_INFINITY
    let weClosed = false
    const socket = connect({ port, host: "127.0.0.1", ...(from === undefined ? {} : { localAddress: from }) })

    const close = (): void => {
      weClosed = true
      socket.destroy()
    }
    let timer = setTimeout(close, timeoutMs)
    const waitFor = (time: number): void => {
      clearTimeout(timer)
      timer = setTimeout(close, time)
    }

    const write = async (): Promise<void> => {
      for (const [index, chunk] of attack.chunks.entries()) {
        if (index > 0 && attack.gapMs > 0) await new Promise((resolve) => setTimeout(resolve, attack.gapMs))
        if (socket.destroyed) return
        if (!socket.write(chunk)) {
          await new Promise((resolve) => {
            socket.once("drain", resolve)
            socket.once("close", resolve)
          })
        }
      }
      if (socket.destroyed) return
      if (attack.end === "cut") return close()
      if (attack.end === "half-close") socket.end()
      waitFor(attack.mayGoUnanswered ? silenceMs : timeoutMs)
    }

    socket.on("connect", () => void write())
    socket.on("data", (data: Buffer) => {
      chunks.push(data)
      if (readResponses(Buffer.concat(chunks), isHead, false).responses.length >= wanted) close()
    })
    // The server may close while we still send.
    socket.on("error", () => {})
    socket.on("close", () => {
      clearTimeout(timer)
      const received = Buffer.concat(chunks)
      resolve({ ...readResponses(received, isHead, true), received, wasClosed: !weClosed })
    })
  })
