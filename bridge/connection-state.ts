/**
 * Whether a connection to a server can be used: connecting, up (connected and logged in) or down with a reason. One for
 * each connection to Redis, NATS and Kafka; it lives as long as that. A change is logged once with its reason; a reason
 * that comes again before the connection is up is counted, and the count is logged when it is.
 */
import { Effect } from "effect"

/** Writes one line to the log. */
export type WriteLog = (level: LogLevel, message: string) => void
type LogLevel = "debug" | "info" | "warning"

/** Writes to Effect's log with `run`, which forks an effect where that log is known. */
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
  /** It cannot be used, and why: a clause without a full stop, such as `connect ECONNREFUSED 127.0.0.1:6379`. */
  readonly down: (reason: string) => void
  /** Why it cannot be used, as a sentence, with how often it was tried. */
  readonly absence: () => string
}

/** At most so many different reasons of one outage are kept and logged; more of them are only counted. */
const maxReasons = 8

/** What is known of one outage, or of the first attempts to connect. */
interface Outage {
  readonly began: number
  /** How often each reason was given; in the order of the last time. */
  readonly reasons: Map<string, number>
  failures: number
}

/** `server`: what it is and where, such as `Redis at 127.0.0.1:6379`; never a password. */
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

/** What happened more than once in an outage. */
const repeated = ({ reasons, failures }: Outage): string => {
  if (failures === 1) return ""
  const often = [...reasons]
    .filter(([, times]) => times > 1)
    .map(([reason, times]) => `${times} times: ${reason}`)
  return ` and ${failures} failures${often.length === 0 ? "" : ` (${often.join("; ")})`}`
}

/** What an error says of itself, whatever it is; errors of several attempts at once have no message of their own. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === "")
    return [...new Set(error.errors.map(reasonOf))].join(", ")
  const code = "code" in error ? String(error.code) : ""
  return error.message || code || error.name
}
