/**
 * One HTTP connection of a simulated browser: sends a GET exactly as given and waits for the response, one at a time.
 * Uses plain sockets, because `fetch` changes requests and costs more than the gateway itself. Connects at the first
 * request, reconnects after a loss, and lives until `close`.
 */
import { connect, type Socket } from "node:net"

/** The result of a request: a status, or why there is none. Only after "refused" is it certain that nothing was sent. */
export type Answer =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter: boolean }
  | { readonly kind: "refused" | "reset" | "silent" }

export interface HttpClient {
  /** Never fails. `target` is path and query, one character per byte. */
  readonly get: (target: string, headers: Readonly<Record<string, string>>) => Promise<Answer>
  /** Whether a connection is open that the next request would use. */
  readonly isOpen: () => boolean
  readonly close: () => void
}

/** A client of the server on this port of 127.0.0.1; `timeoutMs` is the time limit of a response. */
export const httpClient = (port: number, timeoutMs: number): HttpClient => {
  let socket: Socket | undefined
  let received = ""
  let waiting: ((answer: Answer) => void) | undefined

  const settle = (answer: Answer): void => {
    const settleOne = waiting
    waiting = undefined
    received = ""
    settleOne?.(answer)
  }

  const lose = (lost: Socket, answer: Answer): void => {
    if (socket !== lost) return
    socket = undefined
    lost.destroy()
    settle(answer)
  }

  const open = (): Socket => {
    const opened = connect(port, "127.0.0.1")
    opened.setNoDelay(true)
    let isOpen = false
    opened.on("connect", () => {
      isOpen = true
    })
    opened.on("data", (data: Buffer) => {
      if (socket !== opened) return
      received += data.toString("latin1")
      const answer = readAnswer(received)
      if (answer === undefined) return
      const { answer: status, isLast } = answer
      if (isLast) lose(opened, status)
      else settle(status)
    })
    opened.on("error", () => lose(opened, { kind: isOpen ? "reset" : "refused" }))
    opened.on("close", () => lose(opened, { kind: "reset" }))
    return opened
  }

  return {
    get: (target, headers) =>
      new Promise((resolve) => {
        socket ??= open()
        const current = socket
        const timer = setTimeout(() => lose(current, { kind: "silent" }), timeoutMs)
        waiting = (answer) => {
          clearTimeout(timer)
          resolve(answer)
        }
        let head = `GET ${target} HTTP/1.1\r\nHost: trk.example.com\r\n`
        for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`
        current.write(`${head}\r\n`, "latin1")
      }),
    isOpen: () => socket !== undefined,
    close: () => {
      if (socket !== undefined) lose(socket, { kind: "reset" })
    }
  }
}

/** The response in the received text, once it is complete. Bodies without a length end with their connection. */
const readAnswer = (text: string): { readonly answer: Answer; readonly isLast: boolean } | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end === -1) return undefined
  const head = text.slice(0, end).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  if (length !== undefined && text.length < end + 4 + Number(length)) return undefined
  return {
    answer: {
      kind: "status",
      status: Number(head.slice(9, 12)),
      retryAfter: head.includes("\r\nretry-after:")
    },
    isLast: length === undefined || head.includes("\r\nconnection: close")
  }
}
