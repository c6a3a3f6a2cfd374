/**
 * The state of a connection to a server: connecting, up (connected and logged in) or down with a reason. One for each
 * connection to Redis, NATS and Kafka; it lives as long as the connection. It is an operation of the server's outage, which
 * writes one line when the server is lost and one when it is connected again.
 */
import type { Outage, WriteLog } from "./outage.ts"

export interface ConnectionState {
  readonly isUp: () => boolean
  /** The server is connected and has accepted the login. */
  readonly up: () => void
  /** The connection cannot be used; the reason is a clause without a full stop: `connect ECONNREFUSED 127.0.0.1:6379`. */
  readonly down: (reason: string) => void
  /** Why it cannot be used, as a sentence with the number of attempts. */
  readonly absence: () => string
  /** The connection is closed for good. */
  readonly close: () => void
}

/** Different reasons that are kept; further ones are only counted by the outage. */
const maxReasons = 8

/** A reason that lasts until somebody acts. */
const isNews = (reason: string): boolean => reason.startsWith("it refuses ")

/**
 * `server`: its kind and address, such as `Redis at 127.0.0.1:6379`; never a password.
 *
 * @example
 * const state = makeConnectionState("Redis at 127.0.0.1:6379", outage, logWith(run))
 * state.down("connect ECONNREFUSED")
 */
export const makeConnectionState = (server: string, outage: Outage, log: WriteLog): ConnectionState => {
  const connection = outage.operation({ isSteady: true })
  let isUp = false
  /** The count of each reason since it was up, ordered by its last occurrence. */
  const reasons = new Map<string, number>()

  const count = (reason: string): void => {
    const before = reasons.get(reason)
    reasons.delete(reason)
    if (before !== undefined || reasons.size < maxReasons) reasons.set(reason, (before ?? 0) + 1)
  }

  return {
    isUp: () => isUp,

    up: () => {
      if (isUp) return
      isUp = true
      reasons.clear()
      connection.worked()
      log("debug", `Connected to ${server}.`)
    },

    down: (reason) => {
      const lost = isUp
      isUp = false
      count(reason)
      const begins = lost ? `Lost ${server}: ` : `No connection to ${server}: `
      connection.failed(reason, { begins, isNews: isNews(reason) })
    },

    absence: () => {
      const [reason, times] = [...reasons].at(-1) ?? []
      if (reason === undefined) return `${server} is not connected yet.`
      return `${server} is not connected: ${reason}${times === 1 ? "" : ` (${times} times)`}.`
    },

    close: connection.ended
  }
}

/** The message of any error; an error of several concurrent attempts has the messages of all. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === "")
    return [...new Set(error.errors.map(reasonOf))].join(", ")
  const code = "code" in error ? String(error.code) : ""
  return error.message || code || error.name
}
