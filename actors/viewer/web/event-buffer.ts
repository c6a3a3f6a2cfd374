/** Bounded buffer of events that wait to be shown, without repetitions; the oldest are dropped and counted. */
import type { EventView } from "../../inspect/events/messages.ts"

/** An event, or the number of events left out at this point. */
export type Item = EventView | number

/** Maximum number of waiting items. */
export const maxItems = 250

/** Maximum number of remembered positions in the log. */
const maxPositions = 8 * maxItems

/** Detects events received before: a new connection begins with recent events. */
const repetitions = () => {
  const positions = new Set<string>()
  return {
    isRepetition: ({ topic, partition, offset }: EventView): boolean => {
      if (offset === undefined) return false
      const position = `${topic} ${partition ?? ""} ${offset}`
      if (positions.has(position)) return true
      positions.add(position)
      const [oldest] = positions
      if (positions.size > maxPositions && oldest !== undefined) positions.delete(oldest)
      return false
    },
    clear: (): void => positions.clear()
  }
}

export const eventBuffer = () => {
  const seen = repetitions()
  let items: Array<Item> = []
  let dropped = 0

  const bound = (): void => {
    const excess = items.length - maxItems
    if (excess <= 0) return
    for (const item of items.splice(0, excess)) dropped += typeof item === "number" ? item : 1
  }

  return {
    /** Adds items, oldest first. */
    add: (more: ReadonlyArray<Item>): void => {
      for (const item of more) if (typeof item === "number" || !seen.isRepetition(item)) items.push(item)
      bound()
    },
    /** Number of waiting items, including the dropped events. */
    count: (): number => items.length + dropped,
    /** Takes all that wait, oldest first. */
    take: (): { readonly items: ReadonlyArray<Item>; readonly dropped: number } => {
      const taken = { items, dropped }
      items = []
      dropped = 0
      return taken
    },
    clear: (): void => {
      items = []
      dropped = 0
      seen.clear()
    }
  }
}
