/** The query and the context of a search, shared by both search orders (search.ts, search-backwards.ts). Pure. */
import { Result } from "effect"
import { clockSlack, type EventLog } from "../../../bridge/event-log/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { splitEventId, type Topic } from "../../../contracts/ids.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { Filter } from "../../inspect/events/messages.ts"
import type { Cursor } from "./cursor.ts"

export interface SearchQuery {
  readonly filter: Filter
  /** From `since` to before `until`, ms since 1970. */
  readonly since: number
  readonly until: number
  /** Maximum number of events on a page, at least 1; fewer when they exceed the size of a response. */
  readonly limit: number
  /** Newest first instead of oldest first. */
  readonly newestFirst?: boolean
  /** Continues behind this event (with `newestFirst`: before it); undefined for the first page. */
  readonly cursor?: Cursor
}

/** The log, with the topics, mask and time limit of a search. */
export interface SearchContext {
  readonly scan: EventLog["Service"]["scan"]
  readonly topics: ReadonlyArray<Topic>
  readonly mask: Mask
  /** Time limit of one search, ms. */
  readonly timeoutMs: number
}

/** The topics that a query searches. */
export const searchedTopics = (
  { filter }: SearchQuery,
  topics: ReadonlyArray<Topic>
): ReadonlyArray<Topic> => {
  const requested = filter.topic?.trim().toLowerCase() ?? ""
  return requested === "" ? topics : topics.filter((topic) => topic.toLowerCase() === requested)
}

/** Why a scan did not finish; undefined when it reached the end or found enough. */
export const incompleteReason = (
  outcome: Result.Result<{ readonly _tag: string }, Failure>,
  timeoutMs: number
): string | undefined => {
  if (Result.isFailure(outcome)) return outcome.failure.message
  return outcome.success._tag === "Some" ? undefined : timeoutMessage(timeoutMs)
}

/** Reported when a page ends within a millisecond. */
export const moreInMillisecondMessage =
  "More events of the same millisecond match than fit on a page; use the cursor to continue with them."

export const timeoutMessage = (timeoutMs: number): string =>
  `The search stopped after ${Math.round(timeoutMs / 1000)} seconds, before the end of the log.`

/** How far a search without `since` looks back, ms. */
const defaultLookbackMs = 3_600_000

/** Where a search without `since` begins: for an event id, when the id was issued; otherwise an hour ago. `now`: ms since 1970. */
export const defaultSince = ({ text }: Filter, now: number): number => {
  const batch = splitEventId(text?.trim() ?? "")?.batch
  return batch === undefined ? now - defaultLookbackMs : Number.parseInt(batch.slice(0, 12), 16) - clockSlack
}
