/**
 * The state of a connection to a server: connecting, up (connected and logged in) or down with a reason. One for each
 * connection to Redis, NATS and Kafka; it lives as long as the connection. Each change is logged once with its reason; a
 * repeated reason is counted until the connection is up, when the count is logged.
 */
import { Effect } from "effect"

/** Writes one line to the log. */
export type WriteLog = (level: LogLevel, message: string) => void
type LogLevel = "debug" | "info" | "warning"

/** Writes to Effect's log with `run`, which forks an effect in the context of that log. */
export const logWith =
  (run: (effect: Effect.Effect<void>) => unknown): WriteLog =>
  (level, message) =>
    void run(writers[level](message))

const writers: Readonly<Record<LogLevel, (message: string) => Effect.Effect<void>>> = {
  debug: Effect.logDebug,
  info: Effect.logInfo,
  warning: Effect.logWarning
}

export interface ConnectionState {
  readonly isUp: () => boolean
  /** The server is connected and has accepted the login. */
  readonly up: () => void
  /** The connection cannot be used; the reason is a clause without a full stop: `connect ECONNREFUSED 127.0.0.1:6379`. */
  readonly down: (reason: string) => void
  /** Why it cannot be used, as a sentence with the number of attempts. */
  readonly absence: () => string
}

/** Different reasons of one outage that are stored and logged; further ones are only counted. */
const maxReasons = 8

/** An outage, or the first attempts to connect. */
interface Outage {
  readonly began: number
  /** The count of each reason, ordered by its last occurrence. */
  readonly reasons: Map<string, number>
  failures: number
}

/**
 * `server`: its kind and address, such as `Redis at 127.0.0.1:6379`; never a password.
 *
 * @example
 * const state = makeConnectionState("Redis at 127.0.0.1:6379", logWith(run))
 * state.down("connect ECONNREFUSED")
 */
export const makeConnectionState = (
  server: string,
  log: WriteLog,
  now: () => number = () => performance.now()
): ConnectionState => {
  let isUp = false
  let wasUp = false
  let outage: Outage = { began: now(), reasons: new Map(), failures: 0 }

  const count = (reason: string): boolean => {
    const before = outage.reasons.get(reason)
    outage.failures += 1
    outage.reasons.delete(reason)
    if (before === undefined && outage.reasons.size >= maxReasons) return false
    outage.reasons.set(reason, (before ?? 0) + 1)
    return before === undefined
  }

  return {
    isUp: () => isUp,

    up: () => {
      if (isUp) return
      isUp = true
      const again = wasUp ? " again" : ""
      wasUp = true
      if (outage.failures === 0) return log("debug", `Connected to ${server}.`)
      const seconds = Math.round((now() - outage.began) / 1000)
      log("info", `Connected to ${server}${again} after ${seconds} s${repeated(outage)}.`)
    },

    down: (reason) => {
      const lost = isUp
      isUp = false
      if (lost) outage = { began: now(), reasons: new Map(), failures: 0 }
      const isNew = count(reason)
      if (lost) log("warning", `Lost ${server}: ${reason}. Connecting again.`)
      else if (isNew) log("warning", `No connection to ${server}: ${reason}. Trying again.`)
    },

    absence: () => {
      const [reason, times] = [...outage.reasons].at(-1) ?? []
      if (reason === undefined) return `${server} is not connected yet.`
      return `${server} is not connected: ${reason}${times === 1 ? "" : ` (${times} times)`}.`
    }
  }
}

/** The reasons that occurred more than once in an outage, as a clause. */
const repeated = ({ reasons, failures }: Outage): string => {
  if (failures === 1) return ""
  const often = [...reasons]
    .filter(([, times]) => times > 1)
    .map(([reason, times]) => `${times} times: ${reason}`)
  return ` and ${failures} failures${often.length === 0 ? "" : ` (${often.join("; ")})`}`
}

/** The message of any error; an error of several concurrent attempts has the messages of all. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === "")
    return [...new Set(error.errors.map(reasonOf))].join(", ")
  const code = "code" in error ? String(error.code) : ""
  return error.message || code || error.name
}
