/**
 * Many concurrent clients that send GET requests, each over a keep-alive connection of its own. They use plain sockets,
 * because `fetch` sends at most a few hundred requests at once.
 */
import { connect, type Socket } from "node:net"

export interface Answered {
  readonly status: number
  readonly body: string
  /** Time from the request to the end of its response, milliseconds. */
  readonly tookMs: number
}

/** One client, with at most one request in flight. */
export interface HttpClient {
  /** `headers` are raw header lines, each with its line break. */
  readonly get: (path: string, headers?: string) => Promise<Answered>
  readonly close: () => void
}

export const httpClient = async (url: URL): Promise<HttpClient> => {
  const socket = await opened(url)
  let text = ""
  let answered: ((answer: Answered) => void) | undefined
  let failed: ((error: Error) => void) | undefined
  let startedAt = 0
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1")
    const answer = answerIn(text)
    if (answer === undefined) return
    text = ""
    answered?.({ ...answer, tookMs: performance.now() - startedAt })
  })
  socket.on("error", (error) => failed?.(error))
  socket.on("close", () => failed?.(new Error("The connection was closed without a response.")))
  return {
    get: (path, headers = "user-agent: flood/1\r\n") =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error("The connection is already closed."))
        answered = resolve
        failed = reject
        startedAt = performance.now()
        socket.write(`GET ${path} HTTP/1.1\r\nhost: ${url.host}\r\n${headers}\r\n`)
      }),
    close: () => socket.destroy()
  }
}

/** Sends requests with that number of clients until `isOver`; returns all responses. */
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

/** The response; undefined while it is incomplete. */
const answerIn = (text: string): { readonly status: number; readonly body: string } | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  const body = text.slice(end + 4)
  return body.length < length ? undefined : { status: Number(head.slice(9, 12)), body }
}
