/** The range of time that an address asks for, as `since` and `until`. Pure. */
import type { Range } from "./range.ts"

/** Said when it cannot be read. */
export const rangeSentence =
  "since and until are times in milliseconds since 1970, since before until; without until it is now."

/** Undefined where none is asked for, "unreadable" for what is none. `now`: milliseconds since 1970. */
export const askedRange = (request: Request, now: number): Range | "unreadable" | undefined => {
  const asked = new URL(request.url, "http://viewer").searchParams
  const [since, until] = [asked.get("since") ?? "", asked.get("until") ?? ""]
  if (since === "" && until === "") return undefined
  if (!/^\d{1,15}$/.test(since) || !/^\d{0,15}$/.test(until)) return "unreadable"
  const range = { since: Number(since), until: until === "" ? now : Math.min(Number(until), now) }
  return range.since < range.until ? range : "unreadable"
}
