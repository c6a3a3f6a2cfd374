/**
 * A TCP proxy in front of one server, to do to its connections what networks do: cut them, refuse them, let them hang,
 * slow them down, or do so at the very byte that a case is about. It listens from `startProxy` until `close`.
 * "Up" is what flows from the client to the server, "down" what comes back.
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net"
import { freePort } from "../support/server.ts"
import { type Flow, makeFlow } from "./tcp-flow.ts"

/** Bytes that arrived together on one connection, on their way. */
export interface Chunk {
  readonly direction: "up" | "down"
  readonly data: Buffer
  /** Which connection: counted from 1. */
  readonly connection: number
}

/** What becomes of a chunk: it passes, it is dropped, its connection is reset (the chunk is lost), or that direction hangs until `thaw`. */
export type Verdict = "pass" | "drop" | "cut" | "hang"

/** Looks at every chunk as it arrives; the first rule that says something other than "pass" decides. */
export type Rule = (chunk: Chunk) => Verdict

/** What has happened so far; for the proof that a fault happened. */
export interface ProxyCounts {
  connections: number
  bytes: number
  /** Connections that were reset here, and chunks that were dropped or had to wait. */
  cuts: number
  dropped: number
  held: number
}

/** A connection whose bytes are kept from a moment on in one direction, while the other goes on. */
export interface Stranded {
  /** Of the chunk that was the first to be kept. */
  readonly connection: number
  /**
   * Lets them flow: to the server also when the client has long given the connection up, as the kernel and proxies do.
   * Resolves when the server has answered, or has closed the connection.
   */
  readonly deliver: () => Promise<void>
}

export interface TcpProxy {
  readonly port: number
  readonly counts: Readonly<ProxyCounts>
  /** How many connections are open now. */
  readonly open: () => number
  /** Resets every connection (RST); returns how many there were. */
  readonly cut: () => number
  /** No new connections: they are refused. `accept` ends it. Those that are open stay. */
  readonly refuse: () => void
  readonly accept: () => Promise<void>
  /** Half open: connections are accepted and kept, nothing passes, nobody is told. After `thaw` all that was sent flows. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Every chunk waits so long, milliseconds, in both directions; 0 ends it. */
  readonly delay: (milliseconds: number) => void
  /** Adds a rule; the function returned takes it away. */
  readonly intercept: (rule: Rule) => () => void
  /**
   * Once: the next chunk up that matches reaches the server, and its connection is reset as soon as the server answers;
   * the answer is lost. Resolves then. So the server has done what it was asked, and the client cannot know.
   */
  readonly cutReplyTo: (isRequest: (data: Buffer) => boolean) => Promise<void>
  /** Once: the next chunk up that matches is lost, and its connection reset. So the server knows nothing of it. */
  readonly cutBefore: (isRequest: (data: Buffer) => boolean) => Promise<void>
  /** Once: resets the connection on which the n-th byte of a direction passes, counted over all connections from now. */
  readonly cutAfter: (direction: Chunk["direction"], bytes: number) => Promise<void>
  /** Once: the next chunk that matches, and whatever comes behind it in its direction, is kept until it is delivered. */
  readonly strand: (isFirst: (chunk: Chunk) => boolean) => Promise<Stranded>
  /** New connections go to a server on that port from now on: a service that has moved. Those that are open stay. */
  readonly retarget: (port: number) => void
  /** Resets everything and listens no longer. */
  readonly close: () => void
}

interface Connection {
  readonly id: number
  readonly flows: Readonly<Record<Chunk["direction"], Flow>>
  readonly reset: () => void
  /** Its bytes are kept: the end of one side does not end the other. */
  isStranded: boolean
  readonly client: Socket
  readonly upstream: Socket
}

/** Listens on `port` (default: a free one) for a server on `target`, both on 127.0.0.1. */
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
      // A reset is passed on as a reset, an end as an end; while frozen neither shows.
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

  /** A rule that resolves, and is gone, once it has cut. */
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
              // A client that has not given it up goes on with it.
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
