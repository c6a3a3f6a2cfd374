/**
 * Whether this process is one of several workers, as their supervisor (workers.ts) told it when it started it, and what
 * they have to do with each other then: the worker says that it is up, and does not outlive the supervisor. Lives as long
 * as the process.
 */

export interface Worker {
  /** From 1. */
  readonly number: number
  /** How many there are. */
  readonly of: number
}

/** The variable by which a supervisor tells it, as `number/of/its process id`. No setting: nobody else writes it. */
const variable = "SPOOR_WORKER"

/** Between two looks at whether the supervisor still lives, milliseconds. */
const pause = 500

/** What a worker of this process has in its environment. */
export const asWorker = ({ number, of }: Worker): Record<string, string> => ({
  [variable]: `${number}/${of}/${process.pid}`
})

const [, number, of, supervisor] = /^(\d+)\/(\d+)\/(\d+)$/.exec(process.env[variable] ?? "") ?? []

/** This process, if it is a worker. */
export const thisWorker: Worker | undefined =
  number === undefined ? undefined : { number: Number(number), of: Number(of) }

/** Tells the supervisor, if there is one. */
export const sayUp = (): void => {
  // What goes wrong here is the supervisor's end, of which `whenAlone` tells.
  if (thisWorker !== undefined && process.connected === true)
    process.send?.("up", undefined, undefined, () => {})
}

/**
 * Calls `alone` once when the supervisor of this worker has ended, however it did, at once if it has already. Returns
 * what ends the watch.
 */
export const whenAlone = (alone: () => void): (() => void) => {
  if (thisWorker === undefined) return () => {}
  // NOTE: Deno tells nothing when the channel to the supervisor breaks while something said there was not heard yet.
  const look = (): void => {
    if (String(process.ppid) === supervisor) return
    clearInterval(timer)
    alone()
  }
  const timer = setInterval(look, pause)
  look()
  return () => clearInterval(timer)
}
