/** How much has been sent on a connection that has not reached the server, as far as the server has been asked. */

/** More than this on its way is too much; after every `probeBytes` sent the server is asked how far it is. */
const maxBacklog = 8 * 1024 * 1024
const probeBytes = 256 * 1024

/**
 * A test whether too much is on its way. `sent` counts the bytes sent since the connection exists; `flush` ends when
 * everything sent before has arrived.
 */
export const makeBacklog = (sent: () => number, flush: () => Promise<void>): (() => boolean) => {
  let arrived = sent()
  let isAsking = false
  return () => {
    const now = sent()
    if (now - arrived > probeBytes && !isAsking) {
      isAsking = true
      flush()
        .then(
          () => {
            arrived = now
          },
          () => undefined
        )
        .finally(() => {
          isAsking = false
        })
    }
    return now - arrived > maxBacklog
  }
}
