/** Outages for tests: on a clock of their own, with their lines. */
import type { OutageOptions } from "../../bridge/outage.ts"

/** A clock that moves when `pass` is called, and the options of an outage on it, which logs to `lines`. */
export const outageOnOwnClock = () => {
  const lines: Array<string> = []
  const works = new Map<() => void, { readonly every: number; next: number }>()
  let time = 0
  const options: Required<Pick<OutageOptions, "log" | "now" | "every">> = {
    log: (level, message) => {
      if (level !== "debug") lines.push(`${level}: ${message}`)
    },
    now: () => time,
    every: (every, work) => {
      works.set(work, { every, next: time + every })
      return () => works.delete(work)
    }
  }
  /** Lets so many seconds pass, and what is due run. */
  const pass = (seconds: number): void => {
    for (const end = time + seconds * 1000; time < end; ) {
      time += 100
      for (const [work, due] of [...works]) {
        if (due.next > time) continue
        due.next += due.every
        work()
      }
    }
  }
  return { options, lines, pass }
}
