/** A viewer on its own port and its clients, over real sockets and streams, on either runtime. */

import type { EventView, LiveMessage, LiveOrder } from "../../../actors/inspect/events/messages.ts"
import type { ViewerOptions } from "../../../actors/viewer/app.ts"
import { type LiveFeed, liveFeed } from "../../../actors/viewer/live/feed.ts"
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import { Topic } from "../../../contracts/ids.ts"
import { serve } from "../../../gateway/http/serve.ts"
import type { Server } from "../../../gateway/http/server-types.ts"
import { viewer } from "./requests.ts"

/** A batch with these values, as it is read from the log. */
export const batchOf = (values: ReadonlyArray<string>, first = 0): RecordBatch => ({
  topic: Topic.make("events"),
  partition: 0,
  records: values.map((value, place) => ({
    offset: String(first + place),
    timestamp: 1795206905922,
    key: undefined,
    value: new TextEncoder().encode(value),
    headers: {}
  })),
  end: String(first + values.length)
})

export interface Started {
  readonly feed: LiveFeed
  readonly server: Server
  readonly url: string
  /** Ends the open streams. */
  readonly end: () => void
  readonly add: (...values: ReadonlyArray<string>) => void
}

export const startViewer = async (options: Partial<ViewerOptions> = {}): Promise<Started> => {
  const feed = options.feed ?? liveFeed()
  const app = viewer({ ...options, feed })
  const server = await serve({ port: 0, hostname: "127.0.0.1", ...app })
  return {
    feed,
    server,
    url: `http://127.0.0.1:${server.port}`,
    end: app.close,
    add: (...values) => feed.add(batchOf(values))
  }
}

/** Requests a ticket as the viewer's own page does. */
export const requestTicket = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/ticket`, {
    method: "POST",
    headers: { origin: url, "content-type": "application/json", ...headers },
    body: "{}"
  })

export const ticketOf = async (url: string, headers: Record<string, string> = {}): Promise<string> => {
  const { ticket } = (await (await requestTicket(url, headers)).json()) as { ticket: string }
  return ticket
}

export interface Received {
  readonly messages: ReadonlyArray<LiveMessage>
  readonly events: () => ReadonlyArray<EventView>
}

export interface Watcher extends Received {
  readonly socket: WebSocket
  readonly send: (command: LiveOrder) => void
  readonly opened: Promise<boolean>
  /** The close code. */
  readonly closed: Promise<number>
}

/** Opens the socket with that ticket and sends the commands when it is open. */
export const watch = (url: string, ticket: string, ...commands: ReadonlyArray<LiveOrder>): Watcher =>
  clientOf(new WebSocket(`${url.replace("http", "ws")}/live?ticket=${ticket}`), commands)

/** The same for an existing socket. */
export const clientOf = (socket: WebSocket, commands: ReadonlyArray<LiveOrder>): Watcher => {
  const messages: Array<LiveMessage> = []
  const opened = Promise.withResolvers<boolean>()
  const closed = Promise.withResolvers<number>()
  const send = (one: LiveOrder): void => socket.send(JSON.stringify(one))
  socket.onopen = () => {
    opened.resolve(true)
    for (const one of commands) send(one)
  }
  socket.onclose = ({ code }) => {
    opened.resolve(false)
    closed.resolve(code)
  }
  socket.onmessage = ({ data }) => messages.push(JSON.parse(String(data)))
  return {
    socket,
    messages,
    events: () => messages.flatMap(({ events }) => events),
    send,
    opened: opened.promise,
    closed: closed.promise
  }
}

export interface Stream extends Received {
  readonly answer: Response
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>
  readonly leave: () => void
}

/** Reads GET /live as server-sent events. */
export const stream = async (
  url: string,
  query = "",
  headers: Record<string, string> = {}
): Promise<Stream> => {
  const leaving = new AbortController()
  const answer = await fetch(`${url}/live${query}`, { headers, signal: leaving.signal })
  const messages: Array<LiveMessage> = []
  const read = async (): Promise<void> => {
    let text = ""
    for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk
      const parts = text.split("\n\n")
      text = parts.pop() ?? ""
      for (const part of parts) if (part.startsWith("data: ")) messages.push(JSON.parse(part.slice(6)))
    }
  }
  const ended = answer.ok ? read().catch(() => {}) : Promise.resolve()
  return {
    answer,
    messages,
    events: () => messages.flatMap(({ events }) => events),
    ended,
    leave: () => leaving.abort()
  }
}
