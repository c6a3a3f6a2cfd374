/**
 * Looking for events in what the log still holds, the newest that match first, a page at a time. The log is read forwards
 * only, so this looks through stretches of time, each before the last one and longer, until there is a page. Bounded in
 * time, in bytes and in what it keeps. Each call is a search of its own.
 */
import { Effect } from "effect"
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import { matches, mayMatch } from "../../inspect/events/filter.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView, SearchView } from "../../inspect/events/messages.ts"
import { feedRecord } from "../../inspect/events/staged-event.ts"
import { steadyMillis } from "../../runtime/monotonic-clock.ts"
import { type Cursor, inOrder, isBehind, placeOf, writeCursor } from "./cursor.ts"
import { fitting, pageBytes, pageView, weightOf } from "./page-limits.ts"
import {
  endOf,
  moreOfOneMillisecond,
  notToItsEnd,
  type SearchPlaces,
  type SearchQuery,
  topicsAsked
} from "./search.ts"

/** How long the first stretch is, how much longer each next one, and the shortest where there is very much; milliseconds. */
const firstStretch = 5_000
const growth = 4
const shortest = 50

/** Of one partition, records are this much out of the order of their times at most, milliseconds: several bridges write. */
const disorder = 1_000

/** Looks through the log; `now`: milliseconds since 1970. Never fails: a log that cannot be asked is among the troubles. */
export const searchBack: (
  query: SearchQuery,
  places: SearchPlaces,
  now: number
) => Effect.Effect<SearchView> = Effect.fnUntraced(function* (query, places, now) {
  const { scan, mask, patience } = places
  const topics = topicsAsked(query, places)
  const begun = yield* steadyMillis
  const events: Array<EventView> = []
  const troubles: Array<string> = []
  let looked = 0
  let until = query.until
  let length = firstStretch
  let cursor: Cursor | undefined

  const view = (): SearchView => {
    const complete = until <= query.since && cursor === undefined
    const isBeforeCursor = query.cursor !== undefined && until > query.cursor.timestamp
    const from = cursor ?? (isBeforeCursor && !complete ? query.cursor : undefined)
    return {
      events,
      looked,
      complete,
      next: complete ? undefined : until,
      ...(from === undefined ? {} : { cursor: writeCursor(from) }),
      troubles
    }
  }

  while (events.length < query.limit && until > query.since) {
    const since = Math.max(query.since, Math.min(until, now) - length)
    const stretch = makeStretch({ ...query, since, until }, mask, [...events])
    const left = patience - ((yield* steadyMillis) - begun)
    if (left <= 0) {
      troubles.push(notToItsEnd(patience))
      return view()
    }
    // Of the first stretch there must be time for a shorter one.
    const mayTake = until === query.until && length > shortest ? left / 2 : left
    const outcome = yield* scan({ topics, since }, stretch.see).pipe(
      Effect.timeoutOption(mayTake),
      Effect.result
    )
    looked += stretch.looked()
    const unfinished = endOf(outcome, patience)
    if (unfinished === undefined) {
      const { found, floor, edge } = stretch.newest()
      events.push(...found)
      until = floor
      length *= growth
      cursor = edge
      if (edge !== undefined) troubles.push(moreOfOneMillisecond)
      if (edge !== undefined || floor > since) return view()
    } else if (outcome._tag === "Failure" || events.length > 0 || length <= shortest) {
      troubles.push(unfinished)
      return view()
    } else length = Math.max(shortest, length / 20)
  }
  return view()
})

/**
 * What is found from `since` to before `until`, and before the cursor: the newest events that are still a page with those
 * that were found `before`.
 */
const makeStretch = (
  { filter, since, until, limit, cursor }: SearchQuery,
  mask: Mask,
  before: ReadonlyArray<EventView>
) => {
  const isWanted = matches({ ...filter, stage: "stored" })
  const mayBeWanted = mayMatch(filter)
  /** The last time seen of each partition, or that its end was. */
  const reached = new Map<string, number>()
  let found: Array<EventView> = []
  let weight = 0
  let looked = 0
  let floor = since
  /** Where others of its millisecond were left out before it; none before it may come in, or those would be passed over. */
  let edge: Cursor | undefined

  /** Keeps the newest; all of one millisecond go to the same page, unless they alone are too many. */
  const cut = (): void => {
    keep()
    weight = found.reduce((sum, event) => sum + weightOf(event), 0)
  }

  const keep = (): void => {
    found = found.filter(({ timestamp }) => timestamp >= floor).toSorted((one, other) => inOrder(other, one))
    const count = fitting([...before, ...found], limit) - before.length
    const over = found[count]
    if (over === undefined) return
    const newer = found.filter(({ timestamp }) => timestamp > over.timestamp)
    const isTooMany = newer.length === 0 && before.length === 0
    floor = isTooMany ? over.timestamp : over.timestamp + 1
    found = isTooMany ? found.slice(0, count) : newer
    const last = found.at(-1)
    edge = isTooMany && last !== undefined ? placeOf(last) : undefined
  }

  const see = (batch: RecordBatch, partitions: number): boolean => {
    const { topic, partition, end, records } = batch
    for (const record of records) {
      if (record.timestamp < since || record.timestamp >= until) continue
      looked += 1
      if (record.timestamp < floor || !isBehind(cursor, batch, record, true)) continue
      if (edge !== undefined && isBehind(edge, batch, record, true)) continue
      const one = feedRecord({ topic, partition }, record)
      if (!mayBeWanted(one)) continue
      const event = eventView(one, mask)
      if (!isWanted(event)) continue
      const told = pageView(event)
      found.push(told)
      weight += weightOf(told)
    }
    if (found.length > 2 * limit || weight > 2 * pageBytes) cut()
    const last = records.at(-1)
    const isEnd = BigInt(last?.offset ?? -1) + 1n >= BigInt(end)
    reached.set(`${partition} ${topic}`, isEnd ? Number.POSITIVE_INFINITY : (last?.timestamp ?? since))
    return (
      reached.size >= partitions && Array.from(reached.values()).every((time) => time >= until + disorder)
    )
  }

  return {
    see,
    looked: () => looked,
    /** Once it was looked through: the newest first, from what time on these are all, but for those beyond `edge`. */
    newest: () => {
      cut()
      return { found, floor, edge }
    }
  }
}
