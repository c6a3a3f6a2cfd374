/** Searches the log from a time on, oldest match first, one page per call. Bounded in time and in memory. */
import { Effect } from "effect"
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import type { SearchView } from "../../inspect/events/messages.ts"
import { cursorOf, writeCursor } from "./cursor.ts"
import { partitionProgress } from "./partition-progress.ts"
import { type PageContent, searchPage } from "./search-page.ts"
import {
  incompleteReason,
  moreInMillisecondMessage,
  type SearchContext,
  type SearchQuery,
  searchedTopics
} from "./search-query.ts"

/** Searches oldest first. Never fails: an unavailable log is reported in `troubles`. */
export const search: (query: SearchQuery, context: SearchContext) => Effect.Effect<SearchView> =
  Effect.fnUntraced(function* (query, { scan, topics, mask, timeoutMs }) {
    const { since, until } = query
    const page = searchPage(query, mask)
    const progress = partitionProgress(since, until)
    let scanned = 0
    const onBatch = (batch: RecordBatch, partitions: number): boolean => {
      page.add(batch)
      scanned += batch.records.length
      progress.add(batch, partitions)
      return progress.hasReached(page.bound())
    }
    const outcome = yield* scan({ topics: searchedTopics(query, topics), since }, onBatch).pipe(
      Effect.timeoutOption(timeoutMs),
      Effect.result
    )
    const incomplete = incompleteReason(outcome, timeoutMs)
    const content = page.content()
    const next = incomplete === undefined ? content.bound : Math.min(content.bound, progress.reached())
    return viewOf(query, content, { next, scanned, incomplete })
  })

interface Outcome {
  /** The time up to which the page is complete, ms since 1970. */
  readonly next: number
  readonly scanned: number
  readonly incomplete: string | undefined
}

const viewOf = (
  { until, cursor }: SearchQuery,
  content: PageContent,
  { next, scanned, incomplete }: Outcome
): SearchView => {
  const endsWithinMillisecond = content.edge !== undefined && next === content.bound
  const complete = next >= until && !endsWithinMillisecond
  const events = content.events.filter(({ timestamp }) => timestamp < next)
  const last = events.at(-1)
  const isBeforeCursor = cursor !== undefined && !complete && next <= cursor.timestamp
  const from =
    endsWithinMillisecond && last !== undefined ? cursorOf(last) : isBeforeCursor ? cursor : undefined
  return {
    events,
    looked: scanned,
    complete,
    next: complete ? undefined : next,
    ...(from === undefined ? {} : { cursor: writeCursor(from) }),
    troubles: [
      ...(incomplete === undefined || complete ? [] : [incomplete]),
      ...(endsWithinMillisecond ? [moreInMillisecondMessage] : [])
    ]
  }
}
