/**
 * The last events and those who watch them. Watching is at most once and never in the way of reading: each watcher
 * has a bounded buffer of its own that drops its oldest event when it is full, and says how many it dropped.
 */
import type { FeedRecord } from "./feed-record.ts"
import { typeOf } from "./view-event.ts"

export interface FeedLimits {
  /** Events kept for those who come later. */
  readonly history: number
  /** Events that wait for one watcher. */
  readonly buffer: number
}

export const standardLimits: FeedLimits = { history: 500, buffer: 500 }

/** What has come since the last time; `dropped` events were older than all of `records`. */
export interface Taken {
  readonly records: ReadonlyArray<FeedRecord>
  readonly dropped: number
}

export interface Watcher {
  /** Oldest first: at most `count` records whose values weigh at most `bytes` together, but one in any case. */
  readonly take: (count: number, bytes: number) => Taken
  readonly close: () => void
}

export interface LiveFeed {
  readonly add: (records: ReadonlyArray<FeedRecord>) => void
  /** Events added so far. */
  readonly total: () => number
  readonly watchers: () => number
  /** Begins with what is kept. `filter` is a part of the event type in any case; empty lets all through. */
  readonly watch: (filter: string) => Watcher
}

interface Buffer {
  readonly filter: string
  readonly waiting: Array<FeedRecord>
  dropped: number
}

export const liveFeed = ({ history, buffer }: FeedLimits = standardLimits): LiveFeed => {
  const kept: Array<FeedRecord> = []
  const buffers = new Set<Buffer>()
  let total = 0

  const put = (target: Buffer, records: ReadonlyArray<FeedRecord>): void => {
    for (const record of records) if (matches(record, target.filter)) target.waiting.push(record)
    target.dropped += keepLast(target.waiting, buffer)
  }

  return {
    add: (records) => {
      total += records.length
      for (const target of buffers) put(target, records)
      kept.push(...records.slice(-history))
      keepLast(kept, history)
    },
    total: () => total,
    watchers: () => buffers.size,
    watch: (filter) => {
      const mine: Buffer = { filter: filter.toLowerCase(), waiting: [], dropped: 0 }
      put(mine, kept)
      mine.dropped = 0
      buffers.add(mine)
      return {
        take: (count, bytes) => {
          const { dropped } = mine
          mine.dropped = 0
          return { records: mine.waiting.splice(0, fitting(mine.waiting, count, bytes)), dropped }
        },
        close: () => void buffers.delete(mine)
      }
    }
  }
}

const matches = ({ value }: FeedRecord, filter: string): boolean =>
  filter === "" || typeOf(value).toLowerCase().includes(filter)

/** Removes the oldest until there are at most so many; returns how many it removed. */
const keepLast = (records: Array<FeedRecord>, count: number): number => {
  const over = records.length - count
  if (over > 0) records.splice(0, over)
  return Math.max(0, over)
}

const fitting = (records: ReadonlyArray<FeedRecord>, count: number, bytes: number): number => {
  let weight = 0
  for (const [place, { value }] of records.entries()) {
    weight += value.length
    if (place === count || (place > 0 && weight > bytes)) return place
  }
  return records.length
}
