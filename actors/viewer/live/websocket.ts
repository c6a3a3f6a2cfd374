/**
 * The WebSocket of the live list: sends `LiveMessage` and receives `LiveOrder` (messages.ts). It starts without a
 * subscription, subscribes as its last command says, and unsubscribes when it is closed.
 */
import type { Socket, SocketHandlers } from "../../../gateway/http/server-types.ts"
import { readFilter } from "../../inspect/events/filter.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { ConnectionLimit } from "./connection-limit.ts"
import type { LiveFeed, Subscription } from "./feed.ts"

/** A client with more unsent bytes counts as too slow. */
export const maxUnsentBytes = 256 * 1024

/** Limit of commands per client and second: each new filter is matched against the recent events. */
const maxCommandsPerSecond = 10

interface Connection {
  subscription: Subscription | undefined
  isPaused: boolean
  /** The second of the last command, and the number of commands in it. */
  second: number
  commands: number
}

export const liveSocket = (feed: LiveFeed, limit: ConnectionLimit): SocketHandlers => {
  const connections = new Map<Socket, Connection>()

  const subscribe = (socket: Socket, connection: Connection, filter: Filter): void => {
    connection.subscription?.close()
    connection.subscription = feed.subscribe(filter, {
      send: (message) => void socket.send(message),
      isReady: () => socket.buffered() < maxUnsentBytes
    })
    if (connection.isPaused) connection.subscription.pause()
  }

  return {
    open: (socket) => {
      if (!limit.acquire()) return socket.close(1013, "Too many live connections: try again later.")
      connections.set(socket, { subscription: undefined, isPaused: false, second: 0, commands: 0 })
    },
    message: (socket, text) => {
      const connection = connections.get(socket)
      if (connection === undefined) return
      if (exceedsRate(connection)) {
        return socket.close(1008, `Too many commands: at most ${maxCommandsPerSecond} per second.`)
      }
      const command = parseCommand(text)
      if (command === undefined) return socket.close(1008, "Invalid command.")
      if (command.kind === "watch") return subscribe(socket, connection, command.filter)
      connection.isPaused = command.kind === "pause"
      if (connection.isPaused) connection.subscription?.pause()
      else connection.subscription?.resume()
    },
    close: (socket) => {
      const connection = connections.get(socket)
      if (connection === undefined) return
      connections.delete(socket)
      connection.subscription?.close()
      limit.release()
    }
  }
}

const exceedsRate = (connection: Connection): boolean => {
  const second = Math.floor(performance.now() / 1_000)
  if (second !== connection.second) {
    connection.second = second
    connection.commands = 0
  }
  connection.commands += 1
  return connection.commands > maxCommandsPerSecond
}

type Command = { readonly kind: "watch"; readonly filter: Filter } | { readonly kind: "pause" | "resume" }

/** Reads a `LiveOrder`; undefined for anything else. */
const parseCommand = (text: string): Command | undefined => {
  const sent = parseJson(text)
  if (typeof sent !== "object" || sent === null) return undefined
  if ("watch" in sent) {
    const filter = readFilter(sent.watch)
    return filter === undefined ? undefined : { kind: "watch", filter }
  }
  if ("pause" in sent && sent.pause === true) return { kind: "pause" }
  return "resume" in sent && sent.resume === true ? { kind: "resume" } : undefined
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
