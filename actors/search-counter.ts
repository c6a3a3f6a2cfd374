/**
 * Search counter: counts `offr` events with `action=preview` by their `text` parameter. A search without a text is counted
 * under the empty text.
 */
import { counter } from "./counter/counter.ts"
import type { Counting } from "./inspect/counters/counting.ts"

export const searchCounting: Counting = {
  summary: "Counts searches: offr events with action=preview, by text, including those without one.",
  count: (event) =>
    event.type === "offr" && event.list("action") === "preview"
      ? [{ table: "by-text", key: event.list("text") ?? "", by: 1 }]
      : []
}

export const SearchCounter = counter("search-counter", searchCounting)
