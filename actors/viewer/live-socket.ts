/**
 * The WebSocket behind the live list. It opens with a watch of the feed and ends with it; while it is open, what has
 * come is sent a few times a second in small messages, unless the client reads too slowly or has paused.
 *
 *     to the client   {"total": events since the start, "dropped": n, "events": [oldest first]}
 *     from the client "pause", "resume"
 */
import type { Socket, SocketHandlers } from "../../gateway/serve.ts"
import type { LiveFeed, Watcher } from "./live-feed.ts"
import { eventView } from "./view-event.ts"

/** How often a client is told, milliseconds; how much at once; and how much may be on its way to it, bytes. */
const interval = 200
const messageEvents = 100
const messageBytes = 64 * 1024
const maxUnread = 256 * 1024

/** So many may watch at once. */
export const maxClients = 100

interface Watching {
  readonly watcher: Watcher
  readonly timer: ReturnType<typeof setInterval>
  paused: boolean
  /** The last total told. */
  told: number
}

export const liveSocket = (feed: LiveFeed): SocketHandlers => {
  const open = new Map<Socket, Watching>()

  const tell = (socket: Socket, watching: Watching): void => {
    if (socket.buffered() > maxUnread) return
    const { records, dropped } = watching.paused
      ? { records: [], dropped: 0 }
      : watching.watcher.take(messageEvents, messageBytes)
    const total = feed.total()
    if (records.length === 0 && dropped === 0 && total === watching.told) return
    watching.told = total
    socket.send(JSON.stringify({ total, dropped, events: records.map((record) => eventView(record)) }))
  }

  return {
    open: (socket, request) => {
      if (open.size >= maxClients) return socket.close(1013, "Too many are watching.")
      const filter = new URL(request.url, "http://viewer").searchParams.get("filter") ?? ""
      const watching: Watching = {
        watcher: feed.watch(filter),
        timer: setInterval(() => tell(socket, watching), interval),
        paused: false,
        told: -1
      }
      open.set(socket, watching)
      tell(socket, watching)
    },
    message: (socket, text) => {
      const watching = open.get(socket)
      if (watching === undefined) return
      if (text === "pause" || text === "resume") watching.paused = text === "pause"
    },
    close: (socket) => {
      const watching = open.get(socket)
      if (watching === undefined) return
      clearInterval(watching.timer)
      watching.watcher.close()
      open.delete(socket)
    }
  }
}
