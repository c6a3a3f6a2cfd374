/** Events that wait to be shown: without repetitions and bounded; the oldest are dropped and counted. */
import type { EventView } from "../../inspect/events/messages.ts"

/** An event, or how many events were left out at this point. */
export type Item = EventView | number

/** How many items wait at most. */
export const maxItems = 250

/** How many positions in the log are remembered. */
const maxPositions = 8 * maxItems

/** Whether an event came before: a new connection begins with recent events. */
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
    /** How many items wait, with the dropped events. */
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
