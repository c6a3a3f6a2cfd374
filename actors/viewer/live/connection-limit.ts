/** Limits the live connections, WebSockets and event streams together. Lives as long as the viewer. */
export interface ConnectionLimit {
  /** False when the limit is reached. */
  readonly acquire: () => boolean
  readonly release: () => void
}

/** Maximum number of live connections. */
export const maxConnections = 1_000

export const connectionLimit = (max = maxConnections): ConnectionLimit => {
  let open = 0
  return {
    acquire: () => {
      if (open >= max) return false
      open += 1
      return true
    },
    release: () => {
      open -= 1
    }
  }
}
