/**
 * Event counter: counts events by type, by type and `action` parameter as `type[action]`, and, like the single table of
 * the previous system, by `type[action]` where there is an action and by type otherwise.
 */
import { counter } from "./counter/counter.ts"
import type { Counting } from "./inspect/counters/counting.ts"

export const eventCounting: Counting = {
  summary:
    "Counts events by type, by type and action, and as the previous table did: type[action] instead of the type.",
  count: (event) => {
    const { type } = event
    const byType = { table: "by-type", key: type, by: 1 }
    const action = event.list("action") ?? ""
    if (action === "") return [byType, { table: "by-event", key: type, by: 1 }]
    const key = `${type}[${action}]`
    return [byType, { table: "by-action", key, by: 1 }, { table: "by-event", key, by: 1 }]
  }
}

export const EventCounter = counter("event-counter", eventCounting)
