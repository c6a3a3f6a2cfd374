/** Search counter: what people search for, from `offr` events with `action=preview`, by their `text` parameter. */
import { type Counting, counter } from "./counter/counter.ts"

export const searchCounting: Counting = {
  summary: "Counts what is searched for: offr events with action=preview, by text.",
  count: (event) => {
    if (event.type !== "offr" || event.param("action") !== "preview") return []
    const text = event.param("text")
    return text === undefined || text === "" ? [] : [{ table: "by-text", key: text, by: 1 }]
  }
}

export const SearchCounter = counter("search-counter", searchCounting)
