/** How many may watch at once, over sockets and streams together. */
export interface Seats {
  /** False: all are taken. */
  readonly take: () => boolean
  readonly leave: () => void
}

/** So many may watch at once. */
export const maxClients = 1_000

export const liveSeats = (count = maxClients): Seats => {
  let taken = 0
  return {
    take: () => {
      if (taken >= count) return false
      taken += 1
      return true
    },
    leave: () => {
      taken -= 1
    }
  }
}
