/** The order in which timers fire: by time, then by key and name. Pure. */
import type { KeyedTimer } from "./service.ts"

export const byTime = (one: KeyedTimer, other: KeyedTimer): number =>
  one.due - other.due || compare(one.key, other.key) || compare(one.name, other.name)

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
