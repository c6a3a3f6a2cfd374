/**
 * How far a group's member has read the partitions it owns, as metrics: position, end, and the lag in records and seconds.
 * The values are computed when the metrics are read, so reading the log pays for a few assignments per batch. Lives as
 * long as one reader of a group; a partition that it has lost shows 0.
 */
import { type Context, Metric } from "effect"
import type { Topic } from "../../contracts/ids.ts"

const position = Metric.gauge("spoor_consumer_position", {
  description: "Offset of the next record that the group handles, by the member that owns the partition."
})
const endOffset = Metric.gauge("spoor_consumer_end_offset", {
  description: "Offset after the last record of the partition; it rises even while the group handles nothing."
})
const lagRecords = Metric.gauge("spoor_consumer_lag_records", {
  description: "Records of the partition that the group has not handled."
})
const lagSeconds = Metric.gauge("spoor_consumer_lag_seconds", {
  description: "Age of the oldest record that the group has not handled; 0 without such a record."
})

interface Place {
  readonly topic: Topic
  readonly partition: number
}

/** The progress in one partition. Times are milliseconds since 1970. */
export interface PartitionState {
  /** The offset of the next record to handle, and the offset after the last record. */
  readonly position: bigint
  readonly end: bigint
  /** The time of the record at the position; undefined when it is not known. */
  readonly time?: number | undefined
}

export interface ConsumerFigures {
  /** The member owns these partitions and no others. Those it has lost show 0. */
  readonly own: (places: ReadonlyArray<Place>) => void
  /** The state of an owned partition as it was just read. */
  readonly set: (place: Place, state: PartitionState) => void
  /** Everything before `next` was handled; `time` is that of the last record before it. */
  readonly handled: (place: Place, next: bigint, time: number | undefined) => void
  /** The partition ends at `end`; `time` is that of the record at the position, when it is known. */
  readonly endsAt: (place: Place, end: bigint, time?: number) => void
  /** The owned partitions whose end was not reported within the last `ms` milliseconds. */
  readonly staleFor: (ms: number) => ReadonlyArray<Place>
}

interface Entry extends Place {
  isOwned: boolean
  isKnown: boolean
  position: bigint
  end: bigint
  time: number | undefined
  reportedAt: number
}

/**
 * The figures of a member of `group`, in the metrics of `context`. `refresh` is called before they are read, at most every
 * half second: it may call `set`. `now` is the time, milliseconds since 1970.
 */
export const makeConsumerFigures = (
  context: Context.Context<never>,
  group: string,
  refresh: () => void = () => undefined,
  now: () => number = Date.now
): ConsumerFigures => {
  const entries = new Map<string, Entry>()
  let refreshedAt = Number.NEGATIVE_INFINITY

  const refreshed = (): void => {
    const at = performance.now()
    if (at - refreshedAt < refreshIntervalMs) return
    refreshedAt = at
    refresh()
  }

  const register = (entry: Entry): void => {
    const attributes = { group, topic: entry.topic, partition: String(entry.partition) }
    const add = (metric: Metric.Gauge<number>, valueIn: (entry: Entry) => number): void => {
      const get = () => {
        refreshed()
        return { value: entry.isOwned && entry.isKnown ? valueIn(entry) : 0 }
      }
      Metric.registerUnsafe(Metric.withAttributes(metric, attributes), context, { get, ...unused })
    }
    add(position, (one) => Number(one.position))
    add(endOffset, (one) => Number(one.end))
    add(lagRecords, (one) => Number(lagOf(one)))
    add(lagSeconds, (one) => (lagOf(one) === 0n ? 0 : Math.max(0, now() - (one.time ?? now())) / 1000))
  }

  const entryOf = ({ topic, partition }: Place): Entry => {
    const name = `${partition} ${topic}`
    const known = entries.get(name)
    if (known !== undefined) return known
    const entry: Entry = {
      ...{ topic, partition, isOwned: false, isKnown: false },
      ...{ position: 0n, end: 0n, time: undefined, reportedAt: Number.NEGATIVE_INFINITY }
    }
    entries.set(name, entry)
    register(entry)
    return entry
  }

  /** A lag without the time of its oldest record began at the latest now. */
  const settle = (entry: Entry): void => {
    entry.time = lagOf(entry) === 0n ? undefined : (entry.time ?? now())
  }

  return {
    own: (places) => {
      const owned = new Set(places.map(entryOf))
      for (const entry of entries.values()) {
        if (entry.isOwned && owned.has(entry)) continue
        entry.isOwned = owned.has(entry)
        entry.isKnown = false
        entry.time = undefined
      }
    },
    set: (place, state) => {
      const entry = entryOf(place)
      entry.position = state.position
      entry.end = state.end
      entry.time = state.time
      entry.isKnown = true
      entry.reportedAt = performance.now()
      settle(entry)
    },
    handled: (place, next, time) => {
      const entry = entryOf(place)
      entry.position = next
      if (entry.end < next) entry.end = next
      entry.time = time ?? entry.time
      settle(entry)
    },
    endsAt: (place, end, time) => {
      const entry = entryOf(place)
      entry.end = end
      entry.time = time ?? entry.time
      entry.reportedAt = performance.now()
      settle(entry)
    },
    staleFor: (ms) => {
      const before = performance.now() - ms
      return [...entries.values()].filter(({ isOwned, reportedAt }) => isOwned && reportedAt < before)
    }
  }
}

/** How long the result of `refresh` stays current, milliseconds. */
const refreshIntervalMs = 500

/** A series that is only read ignores updates. */
const unused = { update: () => undefined, modify: () => undefined }

const lagOf = ({ position, end }: Entry): bigint => (end > position ? end - position : 0n)
