/**
 * Many clients at once that send GET requests over connections of their own, which stay open: plain sockets, since
 * `fetch` sends no more than a few hundred at a time.
 */
import { connect, type Socket } from "node:net"

export interface Answered {
  readonly status: number
  readonly body: string
  /** Milliseconds from the request to the end of its answer. */
  readonly took: number
}

/** One client: sends a request when the one before is answered. */
export interface HttpClient {
  /** `headers` are lines as they are sent, each with its end. */
  readonly get: (path: string, headers?: string) => Promise<Answered>
  readonly close: () => void
}

export const httpClient = async (url: URL): Promise<HttpClient> => {
  const socket = await opened(url)
  let text = ""
  let answered: ((answer: Answered) => void) | undefined
  let failed: ((error: Error) => void) | undefined
  let begun = 0
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1")
    const answer = answerIn(text)
    if (answer === undefined) return
    text = ""
    answered?.({ ...answer, took: performance.now() - begun })
  })
  socket.on("error", (error) => failed?.(error))
  socket.on("close", () => failed?.(new Error("The connection was closed without an answer.")))
  return {
    get: (path, headers = "user-agent: flood/1\r\n") =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error("The connection was closed before."))
        answered = resolve
        failed = reject
        begun = performance.now()
        socket.write(`GET ${path} HTTP/1.1\r\nhost: ${url.host}\r\n${headers}\r\n`)
      }),
    close: () => socket.destroy()
  }
}

/** `clients` of them, each sending requests until `isOver`; all their answers. */
export const flood = async (
  url: URL,
  clients: number,
  path: (number: number) => string,
  isOver: (sent: number) => boolean
): Promise<ReadonlyArray<Answered>> => {
  const answers: Array<Answered> = []
  const open = await Promise.all(Array.from({ length: clients }, () => httpClient(url)))
  let sent = 0
  await Promise.all(
    open.map(async (client) => {
      while (!isOver(sent)) answers.push(await client.get(path(sent++)))
      client.close()
    })
  )
  return answers
}

const opened = (url: URL): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true }, () =>
      resolve(socket)
    )
    socket.once("error", reject)
  })

/** The answer, when all of it is there. */
const answerIn = (text: string): { readonly status: number; readonly body: string } | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  const body = text.slice(end + 4)
  return body.length < length ? undefined : { status: Number(head.slice(9, 12)), body }
}
