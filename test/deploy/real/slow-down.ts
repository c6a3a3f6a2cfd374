/** A process that gets only a part of its time, as on an overloaded machine: stopped and continued in turn. */

export interface SlowedDown {
  /** How many times it was stopped. */
  readonly times: () => number
  /** Lets it run as before; returns when it does. */
  readonly end: () => Promise<void>
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Lives until `end`. */
export const slowDown = (
  pid: number,
  { runMs, stopMs }: { readonly runMs: number; readonly stopMs: number }
): SlowedDown => {
  let isEnding = false
  let times = 0
  const running = (async () => {
    while (!isEnding) {
      process.kill(pid, "SIGSTOP")
      times += 1
      await sleep(stopMs)
      process.kill(pid, "SIGCONT")
      await sleep(runMs)
    }
  })()
  return {
    times: () => times,
    end: async () => {
      isEnding = true
      await running
    }
  }
}
