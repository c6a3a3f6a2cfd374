/** One attack over a connection of its own, until it is answered, closed, or silent for too long. */
import { Buffer } from "node:buffer"
import { connect } from "node:net"
import { type Answer, readAnswers } from "./answers.ts"
import type { Attack } from "./attack.ts"

export interface Exchange {
  readonly answers: ReadonlyArray<Answer>
  /** Bytes at the end that are no whole answer. */
  readonly rest: number
  readonly received: Buffer
  /** The gateway closed it; else we did. */
  readonly wasClosed: boolean
}

/** A gateway that says nothing for so long has said all; milliseconds. */
const silence = 400
/** For an attack of which each request must be answered. */
const patience = 10_000

/** `from` is the address of this machine to come from; any unless given. */
export const exchange = (port: number, attack: Attack, from?: string): Promise<Exchange> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    const isHead = (index: number): boolean => attack.asked?.[index]?.isHead ?? false
    const wanted = attack.asked?.length ?? Number.POSITIVE_INFINITY
    let isProxy = false
    const socket = connect({ port, host: "127.0.0.1", ...(from === undefined ? {} : { localAddress: from }) })

    const leave = (): void => {
      isProxy = true
      socket.destroy()
    }
    let timer = setTimeout(leave, patience)
    const waitFor = (time: number): void => {
      clearTimeout(timer)
      timer = setTimeout(leave, time)
    }

    const write = async (): Promise<void> => {
      for (const [index, piece] of attack.pieces.entries()) {
        if (index > 0 && attack.gap > 0) await new Promise((resolve) => setTimeout(resolve, attack.gap))
        if (socket.destroyed) return
        if (!socket.write(piece)) {
          await new Promise((resolve) => {
            socket.once("drain", resolve)
            socket.once("close", resolve)
          })
        }
      }
      if (socket.destroyed) return
      if (attack.end === "cut") return leave()
      if (attack.end === "half-close") socket.end()
      waitFor(attack.mayBeLeft ? silence : patience)
    }

    socket.on("connect", () => void write())
    socket.on("data", (data: Buffer) => {
      chunks.push(data)
      if (readAnswers(Buffer.concat(chunks), isHead, false).answers.length >= wanted) leave()
    })
    // The other side may close while we still send.
    socket.on("error", () => {})
    socket.on("close", () => {
      clearTimeout(timer)
      const received = Buffer.concat(chunks)
      resolve({ ...readAnswers(received, isHead, true), received, wasClosed: !isProxy })
    })
  })
