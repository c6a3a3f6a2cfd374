/**
 * Searches the log newest match first, one page per call. The log can be read forwards only, so this scans windows of
 * time, each before the previous one and longer, until a page is full. Bounded in time, in bytes and in memory.
 */
import { Effect } from "effect"
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import type { EventView, SearchView } from "../../inspect/events/messages.ts"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"
import { type Cursor, writeCursor } from "./cursor.ts"
import { partitionProgress } from "./partition-progress.ts"
import { searchPage } from "./search-page.ts"
import {
  incompleteReason,
  moreInMillisecondMessage,
  type SearchContext,
  type SearchQuery,
  searchedTopics,
  timeoutMessage
} from "./search-query.ts"

/** Length of the first window, growth of each next one, and the minimum for a log with very many records; ms. */
const firstWindowMs = 5_000
const windowGrowth = 4
const minWindowMs = 50

/** Records of one partition are out of order by at most this, ms: several bridges append to it. */
const maxDisorderMs = 1_000

/** Searches newest first; `now`: ms since 1970. Never fails: an unavailable log is reported in `troubles`. */
export const searchBackwards: (
  query: SearchQuery,
  context: SearchContext,
  now: number
) => Effect.Effect<SearchView> = Effect.fnUntraced(function* (query, context, now) {
  const { timeoutMs } = context
  const startedAt = yield* monotonicMillis
  const events: Array<EventView> = []
  const troubles: Array<string> = []
  let scanned = 0
  let until = query.until
  let windowMs = firstWindowMs
  let edge: Cursor | undefined

  while (events.length < query.limit && until > query.since) {
    const remainingMs = timeoutMs - ((yield* monotonicMillis) - startedAt)
    if (remainingMs <= 0) {
      troubles.push(timeoutMessage(timeoutMs))
      break
    }
    const since = Math.max(query.since, Math.min(until, now) - windowMs)
    // The first window takes half of the time at most, so that a shorter one can follow.
    const windowTimeoutMs = until === query.until && windowMs > minWindowMs ? remainingMs / 2 : remainingMs
    const window = yield* scanWindow({ ...query, since, until }, context, events, windowTimeoutMs)
    scanned += window.scanned
    if (window.incomplete === undefined) {
      const content = window.page.content()
      events.push(...content.events)
      until = content.bound
      windowMs *= windowGrowth
      edge = content.edge
      if (edge !== undefined) troubles.push(moreInMillisecondMessage)
      if (edge !== undefined || until > since) break
    } else if (window.hasFailed || events.length > 0 || windowMs <= minWindowMs) {
      troubles.push(window.incomplete)
      break
    } else windowMs = Math.max(minWindowMs, windowMs / 20)
  }

  const complete = until <= query.since && edge === undefined
  const isBeforeCursor = query.cursor !== undefined && until > query.cursor.timestamp
  const from = edge ?? (isBeforeCursor && !complete ? query.cursor : undefined)
  return {
    events,
    looked: scanned,
    complete,
    next: complete ? undefined : until,
    ...(from === undefined ? {} : { cursor: writeCursor(from) }),
    troubles
  }
})

/** Scans one window, from `since` to before `until`. `earlier` are the events that later windows already found. */
const scanWindow = Effect.fnUntraced(function* (
  query: SearchQuery,
  { scan, topics, mask, timeoutMs }: SearchContext,
  earlier: ReadonlyArray<EventView>,
  windowTimeoutMs: number
) {
  const { since, until } = query
  const page = searchPage({ ...query, newestFirst: true }, mask, [...earlier])
  const progress = partitionProgress(since, until)
  let scanned = 0
  const onBatch = (batch: RecordBatch, partitions: number): boolean => {
    page.add(batch)
    for (const { timestamp } of batch.records) if (timestamp >= since && timestamp < until) scanned += 1
    progress.add(batch, partitions)
    return progress.hasReached(until + maxDisorderMs)
  }
  const outcome = yield* scan({ topics: searchedTopics(query, topics), since }, onBatch).pipe(
    Effect.timeoutOption(windowTimeoutMs),
    Effect.result
  )
  return {
    scanned,
    incomplete: incompleteReason(outcome, timeoutMs),
    hasFailed: outcome._tag === "Failure",
    page
  }
})
