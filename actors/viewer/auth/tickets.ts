/**
 * One-time tickets for the live WebSocket, since a browser cannot send an Authorization header with one. An authenticated
 * client requests a ticket, which opens one socket within a minute. In memory only; lives as long as the viewer.
 */

import { randomBytes } from "node:crypto"

/** Validity of a ticket, seconds. */
export const ticketSeconds = 60

/** Maximum number of valid tickets; the oldest is dropped. */
const maxTickets = 10_000

export interface Tickets {
  readonly issue: () => string
  /** True once for each ticket, while it is valid. */
  readonly redeem: (ticket: string) => boolean
}

/** `now` is a monotonic clock, ms. */
export const liveTickets = (now: () => number = () => performance.now()): Tickets => {
  const issuedAt = new Map<string, number>()
  return {
    issue: () => {
      const [oldest] = issuedAt.keys()
      if (issuedAt.size >= maxTickets && oldest !== undefined) issuedAt.delete(oldest)
      const ticket = randomBytes(24).toString("base64url")
      issuedAt.set(ticket, now())
      return ticket
    },
    redeem: (ticket) => {
      const since = issuedAt.get(ticket)
      issuedAt.delete(ticket)
      return since !== undefined && now() - since < ticketSeconds * 1_000
    }
  }
}
