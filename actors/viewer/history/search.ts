/**
 * Looking for events in what the log still holds, from a time on: the oldest that match first, a page at a time. Bounded
 * in time and in what it keeps. Each call is a search of its own.
 */
import { Effect, Result } from "effect"
import { clockSlack, type EventLog, type RecordBatch } from "../../../bridge/event-log/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { splitEventId, type Topic } from "../../../contracts/ids.ts"
import { eventView } from "../../inspect/events/event-view.ts"
import { matches, mayMatch } from "../../inspect/events/filter.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { EventView, Filter, SearchView } from "../../inspect/events/messages.ts"
import { feedRecord } from "../../inspect/events/staged-event.ts"
import { type Cursor, inOrder, isBehind, placeOf, writeCursor } from "./cursor.ts"
import { fitting, pageBytes, pageView, weightOf } from "./page-limits.ts"

export interface SearchQuery {
  readonly filter: Filter
  /** Milliseconds since 1970: from the first to before the second. */
  readonly since: number
  readonly until: number
  /** How many events a page may have, at least 1; fewer where they weigh more than an answer may. */
  readonly limit: number
  /** The newest first (see search-back.ts), instead of the oldest. */
  readonly newestFirst?: boolean
  /** Behind which event it goes on (with `newestFirst`: before which); undefined at the beginning. */
  readonly cursor?: Cursor
}

export interface SearchPlaces {
  readonly scan: EventLog["Service"]["scan"]
  readonly topics: ReadonlyArray<Topic>
  readonly mask: Mask
  /** How long one search may take, milliseconds. */
  readonly patience: number
}

/** Looks through the log. Never fails: a log that cannot be asked is among the troubles. */
export const search: (query: SearchQuery, places: SearchPlaces) => Effect.Effect<SearchView> =
  Effect.fnUntraced(function* (query, { scan, topics, mask, patience }) {
    const asked = topicsAsked(query, { topics })
    const page = makePage(query, mask)
    const outcome = yield* scan({ topics: asked, since: query.since }, page.see).pipe(
      Effect.timeoutOption(patience),
      Effect.result
    )
    return page.view(endOf(outcome, patience))
  })

/** The topics that are looked through. */
export const topicsAsked = (
  { filter }: SearchQuery,
  { topics }: Pick<SearchPlaces, "topics">
): ReadonlyArray<Topic> => {
  const wanted = filter.topic?.trim().toLowerCase() ?? ""
  return wanted === "" ? topics : topics.filter((topic) => topic.toLowerCase() === wanted)
}

/** Undefined for a look that came to its end or had enough; else why it did not. */
export const endOf = (outcome: Result.Result<{ readonly _tag: string }, Failure>, patience: number) => {
  if (Result.isFailure(outcome)) return outcome.failure.message
  return outcome.success._tag === "Some" ? undefined : notToItsEnd(patience)
}

/** Said where a page ends within a millisecond. */
export const moreOfOneMillisecond =
  "More events of the same millisecond match than a page may have; the cursor goes on with them."

/** Said when the time for a look is over; `patience` in milliseconds. */
export const notToItsEnd = (patience: number): string =>
  `The log was looked through for ${Math.round(patience / 1000)} seconds, and not to its end.`

/** How far one partition has been looked through: its last time seen, milliseconds since 1970, and whether that was all. */
interface Reached {
  time: number
  isEnd: boolean
}

/** How far all partitions have been looked through, of a search from `since` to before `until`. */
const makeReached = (since: number, until: number) => {
  const reached = new Map<string, Reached>()
  let partitionsThere = Number.POSITIVE_INFINITY
  return {
    see: ({ topic, partition, records, end }: RecordBatch, partitions: number): void => {
      partitionsThere = partitions
      const last = records.at(-1)
      const name = `${partition} ${topic}`
      const time = Math.max(last?.timestamp ?? since, reached.get(name)?.time ?? since)
      reached.set(name, { time, isEnd: BigInt(last?.offset ?? -1) + 1n >= BigInt(end) })
    },
    isEverywhereBeyond: (time: number): boolean =>
      reached.size >= partitionsThere &&
      Array.from(reached.values()).every((place) => place.isEnd || place.time >= time),
    /** The time up to which all partitions have been looked through. */
    everywhere: (): number =>
      reached.size < partitionsThere
        ? since
        : Math.min(...Array.from(reached.values(), (place) => (place.isEnd ? until : place.time)))
  }
}

/**
 * The page that fills while the log is looked through, many partitions in turn. `horizon` is the time from which on
 * nothing is of this page: the end that was asked for, and once there are too many events the time of the first too many.
 */
const makePage = ({ filter, since, until, limit, cursor }: SearchQuery, mask: Mask) => {
  const isWanted = matches({ ...filter, stage: "stored" })
  const mayBeWanted = mayMatch(filter)
  const reached = makeReached(since, until)
  let found: Array<EventView> = []
  let looked = 0
  let horizon = until
  let weight = 0
  let leftOut = false
  /** Where others of its millisecond were left out behind it; none behind it may come in, or those would be passed over. */
  let edge: Cursor | undefined

  /** Keeps the oldest; all of one millisecond go to the same page, unless they alone are too many. */
  const cut = (): void => {
    keep()
    weight = found.reduce((sum, event) => sum + weightOf(event), 0)
  }

  const keep = (): void => {
    found = found.filter(({ timestamp }) => timestamp < horizon).toSorted(inOrder)
    const count = fitting(found, limit)
    const over = found[count]
    if (over === undefined) return
    const before = found.filter(({ timestamp }) => timestamp < over.timestamp)
    leftOut = before.length === 0
    horizon = before.length === 0 ? over.timestamp + 1 : over.timestamp
    found = before.length === 0 ? found.slice(0, count) : before
    const last = found.at(-1)
    edge = leftOut && last !== undefined ? placeOf(last) : undefined
  }

  const see = (batch: RecordBatch, partitions: number): boolean => {
    for (const record of batch.records) {
      if (record.timestamp >= horizon || !isBehind(cursor, batch, record)) continue
      if (edge !== undefined && isBehind(edge, batch, record)) continue
      const one = feedRecord(batch, record)
      if (!mayBeWanted(one)) continue
      const event = eventView(one, mask)
      if (!isWanted(event)) continue
      const told = pageView(event)
      found.push(told)
      weight += weightOf(told)
    }
    looked += batch.records.length
    if (found.length > limit || weight > pageBytes) cut()
    reached.see(batch, partitions)
    return reached.isEverywhereBeyond(horizon)
  }

  const view = (unfinished: string | undefined): SearchView => {
    cut()
    const next = unfinished === undefined ? horizon : Math.min(horizon, reached.everywhere())
    const isCut = leftOut && next === horizon
    const complete = next >= until && !isCut
    const events = found.filter(({ timestamp }) => timestamp < next)
    const last = events.at(-1)
    const isBeforeCursor = cursor !== undefined && !complete && next <= cursor.timestamp
    const from = isCut && last !== undefined ? placeOf(last) : isBeforeCursor ? cursor : undefined
    return {
      events,
      looked,
      complete,
      next: complete ? undefined : next,
      ...(from === undefined ? {} : { cursor: writeCursor(from) }),
      troubles: [
        ...(unfinished === undefined || complete ? [] : [unfinished]),
        ...(isCut ? [moreOfOneMillisecond] : [])
      ]
    }
  }

  return { see, view }
}

/** A search that names no time looks back so far, milliseconds. */
const standardSpan = 3_600_000

/** Where a search for this begins that names no time: for an event id when it was given, else an hour ago. `now`: ms since 1970. */
export const standardSince = ({ text }: Filter, now: number): number => {
  const batch = splitEventId(text?.trim() ?? "")?.batch
  return batch === undefined ? now - standardSpan : Number.parseInt(batch.slice(0, 12), 16) - clockSlack
}
