/**
 * Postback statistics: how many answers each postback has had, and with which status. An answer is an event `pob` with the
 * postback's id (`pbid`) and the status (`rc`). Runs only when named.
 */
import { counter } from "./counter/counter.ts"
import type { Counting } from "./inspect/counters/counting.ts"

/** Keys are the postback's id, or the id, a space and the status. */
export const postbackCounting: Counting = {
  summary: "Counts the answers to postbacks, by postback and status. Runs only when named.",
  count: (event) => {
    if (event.type !== "pob") return []
    const postback = event.param("pbid") ?? ""
    return [
      { table: "answers-by-postback", key: postback, by: 1 },
      { table: "answers-by-status", key: `${postback} ${event.param("rc") ?? ""}`, by: 1 }
    ]
  }
}

export const PostbackStats = counter("postback-stats", postbackCounting)
