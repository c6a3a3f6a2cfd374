/**
 * The WebSocket behind the live list, `LiveMessage` to the client and `LiveOrder` from it (messages.ts). It opens with
 * nothing to watch, tells what it was last ordered to watch, and ends its watch when it is closed.
 */
import type { Socket, SocketHandlers } from "../../../gateway/http/server-types.ts"
import { readFilter } from "../../inspect/events/filter.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { Seats } from "./connection-limit.ts"
import type { LiveFeed, Watch } from "./feed.ts"

/** What may be on its way to a client, in bytes, before it counts as too slow. */
export const maxUnread = 256 * 1024

/** Orders that a client may give in a second, since each watch is looked for in the past. */
const maxOrders = 10

interface Watching {
  watch: Watch | undefined
  isPaused: boolean
  /** The second in which the last order came, and how many came in it. */
  second: number
  orders: number
}

export const liveSocket = (feed: LiveFeed, seats: Seats): SocketHandlers => {
  const open = new Map<Socket, Watching>()

  const begin = (socket: Socket, watching: Watching, filter: Filter): void => {
    watching.watch?.close()
    watching.watch = feed.watch(filter, {
      send: (message) => void socket.send(message),
      isReady: () => socket.buffered() < maxUnread
    })
    if (watching.isPaused) watching.watch.pause()
  }

  return {
    open: (socket) => {
      if (!seats.take()) return socket.close(1013, "Too many are watching.")
      open.set(socket, { watch: undefined, isPaused: false, second: 0, orders: 0 })
    },
    message: (socket, text) => {
      const watching = open.get(socket)
      if (watching === undefined) return
      if (isTooOften(watching)) return socket.close(1008, "That is too many orders.")
      const order = orderIn(text)
      if (order === undefined) return socket.close(1008, "That is no order.")
      if (order.kind === "watch") return begin(socket, watching, order.filter)
      watching.isPaused = order.kind === "pause"
      if (watching.isPaused) watching.watch?.pause()
      else watching.watch?.resume()
    },
    close: (socket) => {
      const watching = open.get(socket)
      if (watching === undefined) return
      open.delete(socket)
      watching.watch?.close()
      seats.leave()
    }
  }
}

const isTooOften = (watching: Watching): boolean => {
  const second = Math.floor(performance.now() / 1_000)
  if (second !== watching.second) {
    watching.second = second
    watching.orders = 0
  }
  watching.orders += 1
  return watching.orders > maxOrders
}

type Order = { readonly kind: "watch"; readonly filter: Filter } | { readonly kind: "pause" | "resume" }

/** See `LiveOrder`; undefined for anything else. */
const orderIn = (text: string): Order | undefined => {
  const sent = parsed(text)
  if (typeof sent !== "object" || sent === null) return undefined
  if ("watch" in sent) {
    const filter = readFilter(sent.watch)
    return filter === undefined ? undefined : { kind: "watch", filter }
  }
  if ("pause" in sent && sent.pause === true) return { kind: "pause" }
  return "resume" in sent && sent.resume === true ? { kind: "resume" } : undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
