/**
 * The listener of the connection guard: accepts connections in front of the server, limits their number, and closes slow
 * and idle clients by the same rules on every runtime. Lives from `openListener` until `close`.
 */
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import type { ConnectionTimeouts } from "../server-types.ts"
import { makePeerPorts, type PeerClient } from "./peer-ports.ts"
import { ProxiedConnection } from "./proxied-connection.ts"
import type { RawResponses } from "./raw-responses.ts"

export interface ListenerOptions {
  /** 0 chooses a free port. */
  readonly port: number
  readonly hostname: string
  /** See `ServeOptions`. */
  readonly sharesPort?: boolean
  /** The server's port on this machine. */
  readonly serverPort: number
  /** Connections open at once; undefined: no limit. */
  readonly maxConnections: number | undefined
  readonly timeouts: ConnectionTimeouts
  /** Sent before a connection is closed; undefined where clients could not read them (TLS). */
  readonly rawResponses: RawResponses | undefined
  /** The server handles one request per connection at a time, and closes a connection that sends the next one early. */
  readonly serializesRequests?: boolean
  /** Counts a refused connection. Must not fail. */
  readonly countRefused: (reason: "connections" | "slow") => void
}

export interface GuardListener {
  readonly port: number
  /** The client whose bytes come from that local port; undefined for a connection that bypassed the listener. */
  readonly clientAt: (port: number) => PeerClient | undefined
  /** Sends new connections to the server at that port. */
  readonly setServerPort: (port: number) => void
  /** Resolves when no connection uses the server at that port any more; at the latest when the listener is closed. */
  readonly unused: (port: number) => Promise<void>
  /** Accepts no more connections; resolves when the server has received every request that clients have begun. */
  readonly stopAccepting: () => Promise<void>
  /** Resolves when no connection is left, soon after the server has stopped. */
  readonly drained: () => Promise<void>
  /** Closes all connections at once. */
  readonly close: () => void
}

/** Maximum connections above the limit that get an error response; more are closed without a response. */
const maxRejecting = 256

const checkIntervalMs = 500

/** Rejects with the system's error when it cannot listen on the address. */
export const openListener = async (options: ListenerOptions): Promise<GuardListener> => {
  const { maxConnections = Number.POSITIVE_INFINITY, rawResponses, timeouts, countRefused } = options
  const ports = makePeerPorts()
  const connections = new Set<ProxiedConnection>()
  /** The connections above the limit that are being rejected. */
  const rejecting = new Set<ProxiedConnection>()
  let serverPort = options.serverPort
  // Read for every chunk of every connection, so it is updated only twice a second.
  let now = performance.now()

  const context = {
    port: () => serverPort,
    ports,
    timeouts,
    requestTimeout: rawResponses?.requestTimeout,
    serializesRequests: options.serializesRequests ?? false,
    now: () => now,
    onClose: (connection: ProxiedConnection): void => {
      connections.delete(connection)
      rejecting.delete(connection)
    }
  }

  const accept = (client: Socket): void => {
    const isOverLimit = connections.size - rejecting.size >= maxConnections
    if (isOverLimit) countRefused("connections")
    if (isOverLimit && (rawResponses === undefined || rejecting.size >= maxRejecting)) {
      return void client.destroy()
    }
    const connection = new ProxiedConnection(client, context)
    connections.add(connection)
    if (!isOverLimit) return
    rejecting.add(connection)
    connection.reject(rawResponses?.tooManyConnections)
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true }, accept)
  server.listen({
    port: options.port,
    host: options.hostname,
    backlog: 1024,
    reusePort: options.sharesPort === true
  })
  await once(server, "listening")
  // Too many open files for a moment: the system keeps the connection queued.
  server.on("error", () => {})
  /** Who waits until a server is unused, by its port. */
  const waiting = new Map<number, () => void>()
  const timer = setInterval(() => {
    now = performance.now()
    if (waiting.size > 0) reportUnused(waiting, connections)
    ports.removeExpired(now)
    for (const connection of connections) if (connection.check(now)) countRefused("slow")
  }, checkIntervalMs)
  timer.unref()

  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    clientAt: ports.clientAt,
    setServerPort: (port) => {
      serverPort = port
    },
    unused: (port) => new Promise((resolve) => void waiting.set(port, resolve)),
    stopAccepting: async () => {
      server.close()
      for (const connection of connections) if (connection.hasSentNothing) connection.close()
      await until(() => !Array.from(connections).some((connection) => connection.isConnecting))
    },
    drained: () => until(() => connections.size === 0),
    close: () => {
      clearInterval(timer)
      server.close()
      for (const connection of connections) connection.close()
      for (const resolve of waiting.values()) resolve()
    }
  }
}

const reportUnused = (
  waiting: Map<number, () => void>,
  connections: ReadonlySet<ProxiedConnection>
): void => {
  const used = new Set(Array.from(connections, ({ serverPort }) => serverPort))
  for (const [port, resolve] of waiting) {
    if (used.has(port)) continue
    waiting.delete(port)
    resolve()
  }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
