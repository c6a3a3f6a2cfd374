/**
 * Tickets for the live socket, where a browser can send no headers: whoever may look gets one, it opens one socket, and
 * only for a minute. Kept in memory alone; lives as long as the viewer.
 */

import { randomBytes } from "node:crypto"

/** How long a ticket is good, in seconds. */
export const ticketSeconds = 60

/** Tickets that are good at the same time; the oldest make room. */
const maxTickets = 10_000

export interface Tickets {
  readonly issue: () => string
  /** True once for each ticket, while it is good. */
  readonly redeem: (ticket: string) => boolean
}

/** `now` in milliseconds, by a clock that never goes back. */
export const liveTickets = (now: () => number = () => performance.now()): Tickets => {
  const good = new Map<string, number>()
  return {
    issue: () => {
      const [oldest] = good.keys()
      if (good.size >= maxTickets && oldest !== undefined) good.delete(oldest)
      const ticket = randomBytes(24).toString("base64url")
      good.set(ticket, now())
      return ticket
    },
    redeem: (ticket) => {
      const since = good.get(ticket)
      good.delete(ticket)
      return since !== undefined && now() - since < ticketSeconds * 1_000
    }
  }
}
