/**
 * Finds the client behind a connection from the listener to the server: the server sees a local port, and that port
 * identifies the client. Nothing that a client sends can change it. Lives as long as the listener.
 */

/** How long the client of a closed connection can still be found, for its last request, milliseconds. */
const retentionMs = 5_000

/** A client, identified by its local port. */
export interface PeerClient {
  readonly address: string
  /** Closes the connection after the current response. */
  readonly closeAfterResponse: () => void
}

export interface PeerPorts {
  readonly add: (port: number, client: PeerClient) => void
  /** Marks a connection as closed at `now`, milliseconds. It can still be found for `retentionMs`, because its last request may not be handled yet. */
  readonly end: (port: number, now: number) => void
  /** Undefined for a port that is not the listener's: a local process bypassed it. */
  readonly clientAt: (port: number) => PeerClient | undefined
  /** Removes connections that were closed more than `retentionMs` before `now`, milliseconds. */
  readonly removeExpired: (now: number) => void
}

interface Entry {
  readonly client: PeerClient
  endedAt: number
}

export const makePeerPorts = (): PeerPorts => {
  const entries = new Map<number, Entry>()
  const ended = new Map<number, Entry>()
  return {
    add: (port, client) => {
      ended.delete(port)
      entries.set(port, { client, endedAt: Number.POSITIVE_INFINITY })
    },
    end: (port, now) => {
      const entry = entries.get(port)
      if (entry === undefined) return
      entry.endedAt = now
      ended.set(port, entry)
    },
    clientAt: (port) => entries.get(port)?.client,
    removeExpired: (now) => {
      for (const [port, entry] of ended) {
        if (entry.endedAt + retentionMs > now) return
        ended.delete(port)
        if (entries.get(port) === entry) entries.delete(port)
      }
    }
  }
}
