/**
 * A TCP proxy in front of one server that simulates network faults: it resets, refuses, holds or delays connections, also
 * at a given byte. Listens from `startProxy` until `close`. "Up" is from the client to the server, "down" is back.
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net"
import { freePort } from "../support/server.ts"
import { type Flow, makeFlow } from "./tcp-flow.ts"

/** Bytes that arrived together on one connection. */
export interface Chunk {
  readonly direction: "up" | "down"
  readonly data: Buffer
  /** The number of the connection, from 1. */
  readonly connection: number
}

/** The action on a chunk: forward it, drop it, reset its connection (the chunk is lost), or hold its direction until `thaw`. */
export type Verdict = "pass" | "drop" | "cut" | "hang"

/** Called for each chunk; the first rule that returns something other than "pass" decides. */
export type Rule = (chunk: Chunk) => Verdict

/** Counts so far, for the proof that a fault happened. */
export interface ProxyCounts {
  connections: number
  bytes: number
  /** Connections reset by the proxy, and chunks dropped or held. */
  cuts: number
  dropped: number
  held: number
}

/** A connection whose bytes are held in one direction from a given chunk on; the other direction continues. */
export interface Stranded {
  /** Of the first held chunk. */
  readonly connection: number
  /**
   * Delivers the held bytes, also to the server after the client has closed the connection, as kernels and proxies do.
   * Resolves when the server has responded or has closed the connection.
   */
  readonly deliver: () => Promise<void>
}

export interface TcpProxy {
  readonly port: number
  readonly counts: Readonly<ProxyCounts>
  /** Number of open connections. */
  readonly open: () => number
  /** Resets all connections (RST); returns their number. */
  readonly cut: () => number
  /** Refuses new connections until `accept`. Open ones stay. */
  readonly refuse: () => void
  readonly accept: () => Promise<void>
  /** Half open: connections are accepted and kept, nothing passes, and no error is reported. `thaw` delivers all held bytes. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Delays each chunk in both directions, milliseconds; 0 ends it. */
  readonly delay: (milliseconds: number) => void
  /** Adds a rule; the returned function removes it. */
  readonly intercept: (rule: Rule) => () => void
  /**
   * Once: the next matching chunk up reaches the server, and its connection is reset as soon as the server responds; the
   * response is lost. Resolves then. The server has executed the request, and the client does not know.
   */
  readonly cutReplyTo: (isRequest: (data: Buffer) => boolean) => Promise<void>
  /** Once: the next matching chunk up is lost and its connection reset. The server never receives the request. */
  readonly cutBefore: (isRequest: (data: Buffer) => boolean) => Promise<void>
  /** Once: resets the connection of the n-th byte of a direction, counted over all connections from now on. */
  readonly cutAfter: (direction: Chunk["direction"], bytes: number) => Promise<void>
  /** Once: holds the next matching chunk, and all later ones of its direction, until they are delivered. */
  readonly strand: (isFirst: (chunk: Chunk) => boolean) => Promise<Stranded>
  /** Sends new connections to a server on this port, as for a moved service. Open ones stay. */
  readonly retarget: (port: number) => void
  /** Resets all connections and stops listening. */
  readonly close: () => void
}

interface Connection {
  readonly id: number
  readonly flows: Readonly<Record<Chunk["direction"], Flow>>
  readonly reset: () => void
  /** Its bytes are held: the end of one side does not end the other. */
  isStranded: boolean
  readonly client: Socket
  readonly upstream: Socket
}

/** Listens on `port` (default: a free port) for a server on port `target`, both on 127.0.0.1. */
export const startProxy = async (target: number, port?: number): Promise<TcpProxy> => {
  const at = port ?? (await freePort())
  const counts: ProxyCounts = { connections: 0, bytes: 0, cuts: 0, dropped: 0, held: 0 }
  const connections = new Map<number, Connection>()
  const rules = new Set<Rule>()
  let forwardsTo = target
  let frozen = false
  let lag = 0
  let server: Server | undefined

  const cut = (connection: Connection): void => {
    counts.cuts += 1
    connection.reset()
  }

  const judge = (connection: Connection, direction: Chunk["direction"], data: Buffer): void => {
    counts.bytes += data.length
    const chunk = { direction, data, connection: connection.id }
    for (const rule of rules) {
      const verdict = rule(chunk)
      if (verdict === "pass") continue
      if (verdict === "cut") {
        cut(connection)
        return
      }
      if (verdict === "drop") {
        counts.dropped += 1
        return
      }
      connection.flows[direction].hold()
      break
    }
    if (connection.flows[direction].send(data, lag) === "held") counts.held += 1
  }

  const meet = (client: Socket): void => {
    const upstream = dial(forwardsTo, "127.0.0.1")
    counts.connections += 1
    const id = counts.connections
    const reset = (): void => {
      connections.delete(id)
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
    const connection: Connection = {
      id,
      flows: { up: makeFlow(client, upstream), down: makeFlow(upstream, client) },
      reset,
      isStranded: false,
      client,
      upstream
    }
    connections.set(id, connection)
    for (const [socket, direction] of [
      [client, "up"],
      [upstream, "down"]
    ] as const) {
      socket.setNoDelay(true)
      const flow = connection.flows[direction]
      if (frozen) flow.hold()
      socket.on("data", (data: Buffer) => judge(connection, direction, data))
      // A reset is forwarded as a reset, an end as an end; while frozen neither is forwarded.
      socket.on("error", () => flow.finish(connection.isStranded ? () => flow.to.end() : reset))
      socket.on("close", () =>
        flow.finish(() => {
          if (!connection.isStranded || socket === upstream) connections.delete(id)
          flow.to.end()
        })
      )
    }
  }

  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server = createServer(meet)
      server.once("error", reject)
      server.listen(at, "127.0.0.1", resolve)
    })

  const refuse = (): void => {
    server?.close()
    server = undefined
  }

  const cutAll = (): number => {
    const all = [...connections.values()]
    for (const connection of all) cut(connection)
    return all.length
  }

  const intercept = (rule: Rule): (() => void) => {
    rules.add(rule)
    return () => rules.delete(rule)
  }

  /** Adds a rule that is removed after its first cut; resolves then. */
  const once = (rule: Rule): Promise<void> =>
    new Promise((resolve) => {
      const remove = intercept((chunk) => {
        const verdict = rule(chunk)
        if (verdict === "cut") {
          remove()
          resolve()
        }
        return verdict
      })
    })

  const strand = (isFirst: (chunk: Chunk) => boolean): Promise<Stranded> =>
    new Promise((resolve) => {
      const remove = intercept((chunk) => {
        const connection = connections.get(chunk.connection)
        if (connection === undefined || connection.isStranded || !isFirst(chunk)) return "pass"
        remove()
        connection.isStranded = true
        const { upstream, flows } = connection
        resolve({
          connection: connection.id,
          deliver: () =>
            new Promise((delivered) => {
              if (chunk.direction === "down" || upstream.destroyed) delivered()
              upstream.once("data", () => delivered())
              upstream.once("close", () => delivered())
              flows[chunk.direction].release()
              // A client that has not closed the connection continues to use it.
              if (!connection.client.destroyed) connection.isStranded = false
            })
        })
        return "hang"
      })
    })

  await listen()
  return {
    port: at,
    counts,
    open: () => connections.size,
    cut: cutAll,
    refuse,
    accept: async () => {
      if (server === undefined) await listen()
    },
    freeze: () => {
      frozen = true
      for (const { flows } of connections.values()) {
        flows.up.hold()
        flows.down.hold()
      }
    },
    thaw: () => {
      frozen = false
      for (const { flows } of [...connections.values()]) {
        flows.up.release()
        flows.down.release()
      }
    },
    delay: (milliseconds) => {
      lag = milliseconds
    },
    intercept,
    cutReplyTo: (isRequest) => {
      let asked: number | undefined
      return once(({ direction, data, connection }) => {
        if (asked === undefined && direction === "up" && isRequest(data)) asked = connection
        return direction === "down" && connection === asked ? "cut" : "pass"
      })
    },
    cutBefore: (isRequest) =>
      once(({ direction, data }) => (direction === "up" && isRequest(data) ? "cut" : "pass")),
    cutAfter: (direction, bytes) => {
      let left = bytes
      return once((chunk) => {
        if (chunk.direction === direction) left -= chunk.data.length
        return left <= 0 ? "cut" : "pass"
      })
    },
    strand,
    retarget: (to) => {
      forwardsTo = to
    },
    close: () => {
      refuse()
      cutAll()
    }
  }
}
