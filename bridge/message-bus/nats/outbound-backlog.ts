/** Bytes sent on a connection that have not reached the server, measured by flushes. */

/** The limit of the backlog, bytes; a flush is started after every `probeBytes` sent. */
const maxBacklog = 8 * 1024 * 1024
const probeBytes = 256 * 1024

/**
 * Returns a test whether the backlog is over its limit. `sent` is the number of bytes sent since the connection was made;
 * `flush` ends when everything sent before it has arrived.
 */
export const makeBacklog = (sent: () => number, flush: () => Promise<void>): (() => boolean) => {
  let arrived = sent()
  let isFlushing = false
  return () => {
    const now = sent()
    if (now - arrived > probeBytes && !isFlushing) {
      isFlushing = true
      flush()
        .then(
          () => {
            arrived = now
          },
          () => undefined
        )
        .finally(() => {
          isFlushing = false
        })
    }
    return now - arrived > maxBacklog
  }
}
