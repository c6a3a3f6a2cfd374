/**
 * A search in the records that the log still holds. The server searches for a few seconds per request, so requests are
 * repeated until a page is full, the end is reached, or the user stops the search.
 */
import type { EventView, Filter, SearchView } from "../../inspect/events/messages.ts"
import { messageOf } from "./format.ts"
import { searchHistory } from "./viewer-api.ts"

/** Minimum number of events on a page, and maximum of one response; so a page may have more. */
const pageSize = 250

/** Times are milliseconds since 1970. */
export interface HistoryQuery {
  readonly filter: Filter
  readonly since: number | undefined
  readonly until: number | undefined
  readonly order: "oldest" | undefined
}

export interface SearchProgress {
  /** The search has stopped; it continues on demand only. */
  readonly isOver: boolean
  /** The whole range was searched. */
  readonly isComplete: boolean
  /** Number of records searched and of events found. */
  readonly searched: number
  readonly found: number
  readonly troubles: ReadonlyArray<string>
}

export interface HistorySearchOptions {
  /** Events in their order, each after those before. */
  readonly onEvents: (events: ReadonlyArray<EventView>) => void
  readonly onProgress: (progress: SearchProgress) => void
}

/** The position of a search. Changed by `advance`. */
interface Position {
  readonly query: HistoryQuery
  next: number | undefined
  /** Set when the last answer ended within one millisecond. */
  cursor: string | undefined
  searched: number
  found: number
}

const isNewestFirst = ({ order }: HistoryQuery): boolean => order !== "oldest"

const positionAt = (query: HistoryQuery): Position => ({
  query,
  next: isNewestFirst(query) ? query.until : (query.since ?? 0),
  cursor: undefined,
  searched: 0,
  found: 0
})

const requestOf = ({ query, next, cursor }: Position): URLSearchParams => {
  const { stage: _, ...filter } = query.filter
  const [since, until] = isNewestFirst(query) ? [query.since ?? 0, next] : [next, query.until]
  return new URLSearchParams({
    ...filter,
    limit: String(pageSize),
    order: query.order ?? "newest",
    since: String(since),
    ...(until === undefined ? {} : { until: String(until) }),
    ...(cursor === undefined ? {} : { cursor })
  })
}

/** Whether the answer would make the next request the same as the last one. */
const isStuck = ({ query, next, cursor }: Position, answer: SearchView): boolean => {
  if (answer.complete) return false
  if (answer.cursor !== undefined) return answer.cursor === cursor
  if (answer.next === undefined) return true
  if (next === undefined) return false
  return isNewestFirst(query) ? answer.next >= next : answer.next <= next
}

const advance = (position: Position, answer: SearchView): void => {
  // A cursor continues within the millisecond before `next`, so `next` stays.
  if (answer.cursor === undefined) position.next = answer.next ?? position.next
  position.cursor = answer.cursor
  position.searched += answer.looked
  position.found += answer.events.length
}

export const historySearch = ({ onEvents, onProgress }: HistorySearchOptions) => {
  /** Only the last search may report. */
  let current = new AbortController()
  let position: Position | undefined

  const abort = (): AbortController => {
    current.abort()
    current = new AbortController()
    return current
  }

  const report = (isOver: boolean, isComplete: boolean, troubles: Iterable<string>): void =>
    onProgress({
      isOver,
      isComplete,
      searched: position?.searched ?? 0,
      found: position?.found ?? 0,
      troubles: [...troubles]
    })

  /** Searches one page from there. */
  const searchPage = async (from: Position): Promise<void> => {
    const own = abort()
    const troubles = new Set<string>()
    const pageEnd = from.found + pageSize
    report(false, false, [])
    for (let isOver = false; !isOver; ) {
      let answer: SearchView
      try {
        answer = await searchHistory(requestOf(from), own.signal)
      } catch (error) {
        if (own === current) report(true, false, [...troubles, messageOf(error)])
        return
      }
      if (own !== current) return
      onEvents(answer.events)
      const hasStopped = isStuck(from, answer)
      advance(from, answer)
      isOver = answer.complete || hasStopped || from.found >= pageEnd
      // While the search continues, a timeout of one request is not shown.
      if (hasStopped || answer.complete || answer.events.length >= pageSize)
        for (const trouble of answer.troubles) troubles.add(trouble)
      report(isOver, answer.complete, troubles)
    }
  }

  return {
    /** Searches from the end or the beginning of the range; without a range, of the log. */
    start: (query: HistoryQuery): Promise<void> => {
      position = positionAt(query)
      return searchPage(position)
    },
    /** Searches the next page. */
    resume: async (): Promise<void> => {
      if (position !== undefined) await searchPage(position)
    },
    stop: (): void => {
      abort()
      if (position !== undefined) report(true, false, [])
    },
    /** Stops without a report. */
    leave: (): void => {
      abort()
      position = undefined
    }
  }
}
