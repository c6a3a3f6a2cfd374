/**
 * One outage of one thing (a server, a file, the path to the log) as one line when it begins and one when it ends, however
 * many operations fail in between: those are counted by their reason. Lives as long as its service; while an outage lasts,
 * a timer decides when it is over.
 */
import { clearInterval, setInterval } from "node:timers"
import { Context, Effect } from "effect"

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

/** An operation that can fail: the connection, a push, a read. Both calls cost nothing while all works. */
export interface Operation {
  /**
   * It failed. `reason` is a clause; undefined when another operation reports it. `begins`: how the line begins, if it is
   * the first failure. `isNews`: somebody must act on this reason, so it gets a line of its own if the line of the outage was written before.
   */
  readonly failed: (
    reason: string | undefined,
    more?: { readonly begins?: string; readonly isNews?: boolean }
  ) => void
  readonly worked: () => void
  /** Nobody tries it any more. */
  readonly ended: () => void
}

export interface Outage {
  /**
   * Adds an operation. The outage lasts until all that failed have worked. One that has not failed for 15 s counts as
   * working, unless it is `steady`: tried again and again until it works. `meanwhile`: what happens while it fails, one
   * sentence, which the line of every outage contains.
   */
  readonly operation: (options?: { readonly isSteady?: boolean; readonly meanwhile?: string }) => Operation
  readonly isOpen: () => boolean
  /** The number of outages and of failures since the start of the process. */
  readonly totals: () => { readonly outages: number; readonly failures: number }
}

export interface OutageOptions {
  /** What fails: its kind and address, such as `Redis at 127.0.0.1:6379`; never a password. */
  readonly name: string
  readonly log: WriteLog
  /** The line at the end begins so; default: `<name> works again`. */
  readonly ends?: string
  /** While it is explained by another outage of the process, it has no lines of its own. */
  readonly isExplained?: () => boolean
  /** The line is written this long after the first failure, when the reasons are known, milliseconds; default 1 s. */
  readonly logAfterMs?: number
  /** True while it cannot be over although all operations work. */
  readonly isHeld?: () => boolean
  /** Milliseconds of a clock that never goes back; and a timer on it, which returns how to stop it. For tests. */
  readonly now?: () => number
  readonly every?: (milliseconds: number, work: () => void) => () => void
}

const everyOf: NonNullable<OutageOptions["every"]> = (milliseconds, work) => {
  const timer = setInterval(work, milliseconds)
  // An outage keeps no process running.
  timer.unref()
  return () => clearInterval(timer)
}

/** All operations must work for this long before an outage is over, milliseconds: shorter breaks belong to it. */
const settledAfterMs = 2_000

/** An operation that is not steady and has not failed for this long counts as working, milliseconds. */
const quietAfterMs = 15_000

const tickMs = 500

/** Different reasons of one outage that are kept; further ones are only counted. */
const maxReasons = 8

/** Reasons in the line at the begin. */
const maxReasonsAtBegin = 3

interface Episode {
  readonly began: number
  readonly begins: string | undefined
  readonly reasons: Map<string, number>
  failures: number
  /** The last time that something failed, that a failed operation worked, and that another outage explained this one. */
  failedAt: number
  workedAt: number
  explainedAt: number
  /** Since when no operation fails. */
  recovered: number | undefined
  isLogged: boolean
}

interface State {
  readonly isSteady: boolean
  /** When it failed last; undefined while it works. */
  failedAt: number | undefined
}

/**
 * @example
 * const outage = makeOutage({ name: "Redis at 127.0.0.1:6379", log: logWith(run) })
 * const push = outage.operation({ meanwhile: "Events are answered with 503." })
 * push.failed("Command timed out")
 */
export const makeOutage = (options: OutageOptions): Outage => {
  const { name, log, logAfterMs = 1_000, now = () => performance.now(), every = everyOf } = options
  const isExplained = options.isExplained ?? (() => false)
  const isHeld = options.isHeld ?? (() => false)
  const states = new Set<State>()
  const meanwhile = new Set<string>()
  const totals = { outages: 0, failures: 0 }
  let episode: Episode | undefined
  let stopTimer = (): void => undefined

  const begin = (begins: string | undefined): Episode => {
    totals.outages += 1
    stopTimer = every(tickMs, tick)
    const at = now()
    const times = { began: at, failedAt: at, workedAt: at, explainedAt: Number.NEGATIVE_INFINITY }
    return { begins, ...times, reasons: new Map(), failures: 0, recovered: undefined, isLogged: false }
  }

  const tick = (): void => {
    const open = episode
    if (open === undefined) return
    settleQuiet()
    if (isExplained()) open.explainedAt = now()
    if (!open.isLogged && isDue(open)) {
      open.isLogged = true
      log("warning", beginOf(open))
    }
    if (open.recovered === undefined || now() - open.recovered < settledAfterMs || isHeld()) return
    stopTimer()
    episode = undefined
    if (open.isLogged) log("info", endOf(open, options.ends ?? `${name} works again`))
  }

  /** What may only follow from another outage needs no line when it is over before the line is due. */
  const isDue = ({ began, failedAt, explainedAt, recovered }: Episode): boolean => {
    if (now() - Math.max(began, explainedAt) < logAfterMs) return false
    return options.isExplained === undefined || (recovered === undefined && failedAt > explainedAt)
  }

  const settleQuiet = (): void => {
    const failing = [...states].filter(({ failedAt }) => failedAt !== undefined)
    if (failing.some(({ isSteady }) => isSteady)) return
    for (const state of failing) {
      const { failedAt = 0 } = state
      if (now() - failedAt >= quietAfterMs) works(state, failedAt)
    }
  }

  const beginOf = ({ begins, reasons }: Episode): string => {
    const [first = "", ...more] = [...reasons.keys()].slice(0, maxReasonsAtBegin)
    const said = begins ?? `${name} fails: `
    return [`${said}${[first, ...more].join("; then: ")}.`, ...meanwhile].join(" ")
  }

  /** The name stands at the begin of the line. */
  const clauseOf = (reason: string): string =>
    (reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason).replace(/\.+$/, "")

  const works = (state: State, at = now()): void => {
    state.failedAt = undefined
    if (episode !== undefined) episode.workedAt = Math.max(episode.workedAt, at)
    if (episode === undefined || [...states].some(({ failedAt }) => failedAt !== undefined)) return
    episode.recovered = Math.max(at, episode.workedAt)
  }

  return {
    operation: ({ isSteady = false, meanwhile: sentence } = {}) => {
      const state: State = { isSteady, failedAt: undefined }
      states.add(state)
      if (sentence !== undefined) meanwhile.add(sentence)
      return {
        failed: (reason, { begins, isNews = false } = {}) => {
          const isReported = reason === undefined || reason.startsWith(`${name} is not connected`)
          totals.failures += 1
          if (!isReported) episode ??= begin(begins)
          if (episode === undefined) return
          episode.failures += 1
          episode.failedAt = now()
          if (isReported) return
          state.failedAt = now()
          episode.recovered = undefined
          const clause = clauseOf(reason)
          if (!count(episode.reasons, clause)) return
          log(isNews && episode.isLogged ? "warning" : "debug", `${name}: ${clause}.`)
        },
        worked: () => {
          if (state.failedAt !== undefined) works(state)
        },
        ended: () => {
          states.delete(state)
          if (state.failedAt !== undefined) works(state)
        }
      }
    },
    isOpen: () => episode !== undefined,
    totals: () => ({ ...totals })
  }
}

/** Counts the reason; true for one that is new and kept. */
const count = (reasons: Map<string, number>, reason: string): boolean => {
  const before = reasons.get(reason)
  if (before === undefined && reasons.size >= maxReasons) return false
  reasons.set(reason, (before ?? 0) + 1)
  return before === undefined
}

/** The line at the end: how long it lasted, the number of failures, and the reasons that occurred more than once. */
const endOf = ({ began, recovered = began, reasons, failures }: Episode, ends: string): string => {
  const seconds = Math.round((recovered - began) / 1000)
  const often = [...reasons]
    .filter(([, times]) => times > 1)
    .map(([reason, times]) => `${times} times: ${reason}`)
  const said = often.length === 0 ? "" : ` (${often.join("; ")})`
  return `${ends} after ${seconds} s and ${failures === 1 ? "1 failure" : `${failures} failures`}${said}.`
}

/** The outages of all dependencies of a process. */
export interface ProcessOutages {
  /** The outage of the thing of that name: the same for all its users in the process. */
  readonly of: (options: OutageOptions) => Outage
  readonly isAnyOpen: () => boolean
  /** False where every user has an outage of its own. */
  readonly isShared: boolean
}

/** For a process: users of the same server share its outage. */
export const makeProcessOutages = (): ProcessOutages => {
  const outages = new Map<string, Outage>()
  return {
    of: (options) => {
      const known = outages.get(options.name) ?? makeOutage(options)
      outages.set(options.name, known)
      return known
    },
    isAnyOpen: () => [...outages.values()].some((one) => one.isOpen()),
    isShared: true
  }
}

/** The outages of this process; by default every user of a server has an outage of its own. */
export const Outages: Context.Reference<ProcessOutages> = Context.Reference("spoor/bridge/outages", {
  defaultValue: (): ProcessOutages => ({ of: makeOutage, isAnyOpen: () => false, isShared: false })
})
