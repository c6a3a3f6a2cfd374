/**
 * Who is behind a connection that the door made to the server: the server sees the door's own address with a port, and
 * that port stands for a client. Nothing a client sends can change it. Lives as long as the door.
 */

/** How long after its end a connection's last request may still ask whose it was, milliseconds. */
const memory = 5_000

export interface Ports {
  readonly add: (port: number, address: string) => void
  /** That connection is over; it is forgotten a moment later, for its last request may not have been handled yet. */
  readonly end: (port: number, now: number) => void
  /** Undefined for a port that is none of the door's: somebody on this machine came round it. */
  readonly addressOf: (port: number) => string | undefined
  /** Forgets what is long over. */
  readonly forget: (now: number) => void
}

interface Entry {
  readonly address: string
  endedAt: number
}

export const makePorts = (): Ports => {
  const entries = new Map<number, Entry>()
  const ended = new Map<number, Entry>()
  return {
    add: (port, address) => {
      ended.delete(port)
      entries.set(port, { address, endedAt: Number.POSITIVE_INFINITY })
    },
    end: (port, now) => {
      const entry = entries.get(port)
      if (entry === undefined) return
      entry.endedAt = now
      ended.set(port, entry)
    },
    addressOf: (port) => entries.get(port)?.address,
    forget: (now) => {
      for (const [port, entry] of ended) {
        if (entry.endedAt + memory > now) return
        ended.delete(port)
        if (entries.get(port) === entry) entries.delete(port)
      }
    }
  }
}
