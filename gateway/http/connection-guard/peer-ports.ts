/**
 * Who is behind a connection that the door made to the server: the server sees the door's own address with a port, and
 * that port stands for a client. Nothing a client sends can change it. Lives as long as the door.
 */

/** How long after its end a connection's last request may still ask whose it was, milliseconds. */
const memory = 5_000

/** A client, for those who have only the port that its bytes come from. */
export interface PeerClient {
  readonly address: string
  /** The answer that it gets now is its last. */
  readonly closeAfterResponse: () => void
}

export interface PeerPorts {
  readonly add: (port: number, caller: PeerClient) => void
  /** That connection is over; it is forgotten a moment later, for its last request may not have been handled yet. */
  readonly end: (port: number, now: number) => void
  /** Undefined for a port that is none of the door's: somebody on this machine came round it. */
  readonly clientAt: (port: number) => PeerClient | undefined
  /** Forgets what is long over. */
  readonly forget: (now: number) => void
}

interface Entry {
  readonly caller: PeerClient
  endedAt: number
}

export const makePeerPorts = (): PeerPorts => {
  const entries = new Map<number, Entry>()
  const ended = new Map<number, Entry>()
  return {
    add: (port, caller) => {
      ended.delete(port)
      entries.set(port, { caller, endedAt: Number.POSITIVE_INFINITY })
    },
    end: (port, now) => {
      const entry = entries.get(port)
      if (entry === undefined) return
      entry.endedAt = now
      ended.set(port, entry)
    },
    clientAt: (port) => entries.get(port)?.caller,
    forget: (now) => {
      for (const [port, entry] of ended) {
        if (entry.endedAt + memory > now) return
        ended.delete(port)
        if (entries.get(port) === entry) entries.delete(port)
      }
    }
  }
}
