/**
 * Detects whether this process is one of several workers, from the variable that their supervisor (supervisor.ts) sets. A
 * worker reports to the supervisor when it is up, and stops when the supervisor ends. Lives as long as the process.
 */

export interface Worker {
  /** The number of this worker, from 1. */
  readonly number: number
  /** The number of workers. */
  readonly of: number
}

/** The variable that the supervisor sets, as `number/of/process id of the supervisor`. Not a setting. */
const variable = "SPOOR_WORKER"

/** The pause between two checks of the supervisor, milliseconds. */
const checkIntervalMs = 500

/** The environment variables that make a child of this process a worker. */
export const asWorker = ({ number, of }: Worker): Record<string, string> => ({
  [variable]: `${number}/${of}/${process.pid}`
})

const [, number, of, supervisor] = /^(\d+)\/(\d+)\/(\d+)$/.exec(process.env[variable] ?? "") ?? []

/** This process, if it is a worker. */
export const thisWorker: Worker | undefined =
  number === undefined ? undefined : { number: Number(number), of: Number(of) }

/** What a worker reports when it is up: whether it can reload something at SIGHUP. */
export type UpMessage = "up" | "up, reloads"

/** Reports to the supervisor, if there is one, that this worker is up. */
export const reportUp = (reloads: boolean): void => {
  const message: UpMessage = reloads ? "up, reloads" : "up"
  // Sending fails only when the supervisor has ended, which `whenSupervisorEnds` notices.
  if (thisWorker !== undefined && process.connected === true)
    process.send?.(message, undefined, undefined, () => {})
}

/**
 * Calls `onEnd` once when the supervisor of this worker has ended, at once if it already has. Returns a function that
 * stops the checks.
 */
export const whenSupervisorEnds = (onEnd: () => void): (() => void) => {
  if (thisWorker === undefined) return () => {}
  // NOTE: Deno does not report a broken channel to the supervisor while a message on it is unread, so this polls.
  const check = (): void => {
    if (String(process.ppid) === supervisor) return
    clearInterval(timer)
    onEnd()
  }
  const timer = setInterval(check, checkIntervalMs)
  check()
  return () => clearInterval(timer)
}
