/** The timers of one commit: those that were loaded and those that functions set meanwhile, taken in order of time. */
import type { KeyedTimer, TimerChange } from "../../bridge/keyed-store/service.ts"
import { byTime } from "../../bridge/keyed-store/timer-order.ts"

export interface DueTimers {
  /** Removes and returns the first timer due at or before the time; undefined when there is none. */
  readonly take: (upTo: number) => KeyedTimer | undefined
  /** Sets the timer of that key and name, or stops it (undefined). */
  readonly set: (key: string, name: string, due: number | undefined) => void
  /** All that changed, for the commit. */
  readonly changes: () => ReadonlyArray<TimerChange>
}

/** `loaded`: in order of time. Timers that are set later than `upTo` cannot fire in this commit. */
export const makeDueTimers = (loaded: ReadonlyArray<KeyedTimer>, upTo: number): DueTimers => {
  /** In order of time, the last one first; may contain timers that were set again or stopped. */
  const waiting = loaded.toReversed()
  const known = new Map(loaded.map((timer) => [idOf(timer), timer.due]))
  const changed = new Map<string, TimerChange>()

  const set = (key: string, name: string, due: number | undefined): void => {
    const timer = { key, name, due }
    const id = idOf(timer)
    changed.set(id, timer)
    if (due === undefined || due > upTo) {
      known.delete(id)
      return
    }
    known.set(id, due)
    insert(waiting, { key, name, due })
  }

  return {
    take: (time) => {
      for (let timer = waiting.at(-1); timer !== undefined && timer.due <= time; timer = waiting.at(-1)) {
        waiting.pop()
        if (known.get(idOf(timer)) !== timer.due) continue
        set(timer.key, timer.name, undefined)
        return timer
      }
      return undefined
    },
    set,
    changes: () => [...changed.values()]
  }
}

const idOf = ({ key, name }: { readonly key: string; readonly name: string }): string =>
  `${key.length}:${key}${name}`

/** Inserts into a list that is in reverse order of time. */
const insert = (waiting: Array<KeyedTimer>, timer: KeyedTimer): void => {
  let [low, high] = [0, waiting.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = waiting[middle]
    if (other !== undefined && byTime(other, timer) > 0) low = middle + 1
    else high = middle
  }
  waiting.splice(low, 0, timer)
}
