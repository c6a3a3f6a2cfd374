/** Event counter: how many events of each type, and of each type and `action` parameter as `type[action]`. */
import { type Counting, counter } from "./counter/counter.ts"

export const eventCounting: Counting = {
  summary: "Counts events by type, and by type and action.",
  count: (event) => {
    const { type } = event
    const byType = { table: "by-type", key: type, by: 1 }
    const action = event.param("action")
    return action === undefined
      ? [byType]
      : [byType, { table: "by-action", key: `${type}[${action}]`, by: 1 }]
  }
}

export const EventCounter = counter("event-counter", eventCounting)
