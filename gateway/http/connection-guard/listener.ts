/**
 * What stands before the server where connections are to be capped, and slow or silent clients closed, by the same
 * rules on every runtime: takes connections, counts them and hands their bytes on (visit.ts). Lives from `openListener`
 * until `close`.
 */
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import type { ConnectionTimeouts } from "../server-types.ts"
import { makePeerPorts, type PeerClient } from "./peer-ports.ts"
import { ProxiedConnection } from "./proxied-connection.ts"

export interface ListenerOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly hostname: string
  /** As in serve.ts. */
  readonly sharesPort?: boolean
  /** Where the server listens on this machine. */
  readonly to: number
  /** Connections at once; undefined for any number. */
  readonly most: number | undefined
  readonly patience: ConnectionTimeouts
  /** What clients are told before they are cut off, as it goes over the wire; undefined where they would not understand. */
  readonly sayings: { readonly tooMany: string; readonly tooSlow: string } | undefined
  /** The server takes one request at a time of a connection, and closes one that brings the next before its answer. */
  readonly serializesRequests?: boolean
  /** Counts one that was turned away. Must not fail. */
  readonly count: (reason: "connections" | "slow") => void
}

export interface GuardListener {
  readonly port: number
  /** The client whose bytes come from that port of this machine; undefined for who came round the door. */
  readonly clientAt: (port: number) => PeerClient | undefined
  /** Those who come from now on are handed to the server there. */
  readonly lead: (to: number) => void
  /** Lets nobody in any more; resolves when the server has all that clients had begun to ask. */
  readonly shut: () => Promise<void>
  /** Resolves when nobody is left, which is soon after the server has ended. */
  readonly empty: () => Promise<void>
  /** Ends all connections at once. */
  readonly close: () => void
}

/** Connections over the cap that may be told so at once; more are cut off without a word. */
const mostTold = 256

/** Between two looks at who is slow, milliseconds. */
const pause = 500

/** Rejects with what the system says when the address cannot be had. */
export const openListener = async (options: ListenerOptions): Promise<GuardListener> => {
  const { most = Number.POSITIVE_INFINITY, sayings, patience, serializesRequests = false, count } = options
  const ports = makePeerPorts()
  const visits = new Set<ProxiedConnection>()
  /** Of them, those that are only told to go. */
  const sent = new Set<ProxiedConnection>()
  let to = options.to
  // Read for every piece of every connection, so it is looked up twice a second only.
  let now = performance.now()

  const left = (visit: ProxiedConnection): void => {
    visits.delete(visit)
    sent.delete(visit)
  }
  const visited = {
    port: () => to,
    ports,
    patience,
    tooSlow: sayings?.tooSlow,
    serializesRequests,
    now: () => now,
    left
  }

  const welcome = (client: Socket): void => {
    const isOver = visits.size - sent.size >= most
    if (isOver) count("connections")
    if (isOver && (sayings === undefined || sent.size >= mostTold)) return void client.destroy()
    const visit = new ProxiedConnection(client, visited)
    visits.add(visit)
    if (!isOver) return
    sent.add(visit)
    visit.reject(sayings?.tooMany)
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true }, welcome)
  server.listen({
    port: options.port,
    host: options.hostname,
    backlog: 1024,
    reusePort: options.sharesPort === true
  })
  await once(server, "listening")
  // Too many open files, for a moment: who waits is taken when there is room.
  server.on("error", () => {})
  const timer = setInterval(() => {
    now = performance.now()
    ports.forget(now)
    for (const visit of visits) if (visit.check(now)) count("slow")
  }, pause)
  timer.unref()

  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    clientAt: ports.clientAt,
    lead: (port) => {
      to = port
    },
    shut: async () => {
      server.close()
      for (const visit of visits) if (visit.hasSentNothing) visit.close()
      await until(() => !Array.from(visits).some((visit) => visit.isConnecting))
    },
    empty: () => until(() => visits.size === 0),
    close: () => {
      clearInterval(timer)
      server.close()
      for (const visit of visits) visit.close()
    }
  }
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}
