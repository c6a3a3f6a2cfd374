/**
 * One page of a search, filled while the log is scanned, in either order. Holds little more than a page: when it is full,
 * the events furthest from where the page begins are dropped. Lives as long as one scan.
 */
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import { matches, mayMatch } from "../../inspect/events/filter.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView } from "../../inspect/events/messages.ts"
import { feedRecord } from "../../inspect/events/staged-event.ts"
import { byPosition, type Cursor, cursorOf, isPastCursor } from "./cursor.ts"
import { countThatFits, jsonBytesOf, maxPageBytes, pageView } from "./page-limits.ts"
import type { SearchQuery } from "./search-query.ts"

export interface PageContent {
  /** In the order of the search. */
  readonly events: ReadonlyArray<EventView>
  /** The page has all matching events up to this time (exclusive), or with `newestFirst` from it on; ms since 1970. */
  readonly bound: number
  /** Set when the page ends within a millisecond: the position of its last event. */
  readonly edge: Cursor | undefined
}

export interface SearchPage {
  /** Adds the matching events of a batch. */
  readonly add: (batch: RecordBatch) => void
  /** Events beyond this time are not on the page; ms since 1970. Moves when the page overflows. */
  readonly bound: () => number
  /** Drops what does not fit and returns the rest. */
  readonly content: () => PageContent
}

/** `earlier` are events already on the page, from an earlier scan. */
export const searchPage = (
  { filter, since, until, limit, cursor, newestFirst = false }: SearchQuery,
  mask: Mask,
  earlier: ReadonlyArray<EventView> = []
): SearchPage => {
  const isMatch = matches({ ...filter, stage: "stored" })
  const mayBeMatch = mayMatch(filter)
  const order = newestFirst ? (one: EventView, other: EventView) => byPosition(other, one) : byPosition
  // Searching backwards, the bound cannot end the scan, so the page is sorted less often.
  const slack = newestFirst ? 2 : 1
  let events: Array<EventView> = []
  let bytes = 0
  let bound = newestFirst ? since : until
  let edge: Cursor | undefined

  const isInBounds = newestFirst
    ? (timestamp: number) => timestamp >= bound && timestamp < until
    : (timestamp: number) => timestamp < bound

  /** Keeps all events of one millisecond on the same page, unless they alone are too many; then the edge is within it. */
  const dropOverflow = (): void => {
    events = events.filter(({ timestamp }) => isInBounds(timestamp)).toSorted(order)
    const count = countThatFits([...earlier, ...events], limit) - earlier.length
    const overflow = events[count]?.timestamp
    if (overflow === undefined) return
    const fitting = events.filter(({ timestamp }) =>
      newestFirst ? timestamp > overflow : timestamp < overflow
    )
    const isWithinMillisecond = fitting.length === 0 && earlier.length === 0
    // A millisecond that is cut stays within the bound; any other one that overflows is left to the next page.
    bound = isWithinMillisecond === newestFirst ? overflow : overflow + 1
    events = isWithinMillisecond ? events.slice(0, count) : fitting
    const last = events.at(-1)
    edge = isWithinMillisecond && last !== undefined ? cursorOf(last) : undefined
  }

  const settle = (): void => {
    dropOverflow()
    bytes = events.reduce((sum, event) => sum + jsonBytesOf(event), 0)
  }

  return {
    add: (batch) => {
      for (const record of batch.records) {
        if (!isInBounds(record.timestamp) || !isPastCursor(cursor, batch, record, newestFirst)) continue
        // Beyond the edge events were dropped already; one more from there would hide them from the next page.
        if (edge !== undefined && isPastCursor(edge, batch, record, newestFirst)) continue
        const stored = feedRecord(batch, record)
        if (!mayBeMatch(stored)) continue
        const event = eventView(stored, mask)
        if (!isMatch(event)) continue
        const shown = pageView(event)
        events.push(shown)
        bytes += jsonBytesOf(shown)
      }
      if (events.length > slack * limit || bytes > slack * maxPageBytes) settle()
    },
    bound: () => bound,
    content: () => {
      settle()
      return { events, bound, edge }
    }
  }
}
