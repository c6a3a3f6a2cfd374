/** The range of time in a request's query, `since` and `until`. Pure. */
import type { Range } from "./range.ts"

export const invalidRangeMessage =
  "since and until must be times in ms since 1970, since before until; until defaults to now."

/** Undefined when the query has no range. `now`: ms since 1970. */
export const requestedRange = (request: Request, now: number): Range | "invalid" | undefined => {
  const query = new URL(request.url, "http://viewer").searchParams
  const [since, until] = [query.get("since") ?? "", query.get("until") ?? ""]
  if (since === "" && until === "") return undefined
  if (!/^\d{1,15}$/.test(since) || !/^\d{0,15}$/.test(until)) return "invalid"
  const range = { since: Number(since), until: until === "" ? now : Math.min(Number(until), now) }
  return range.since < range.until ? range : "invalid"
}
