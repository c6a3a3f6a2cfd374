/**
 * Remembers when each consumer processed which records, from the progress messages of the consumers. Bounded: the last
 * ranges of each consumer and partition are kept. Lives as long as the viewer.
 */
import type { ConsumerProgress } from "../../../contracts/consumer-progress.ts"

/** Whether a consumer has processed a record. */
export type ConsumptionState =
  /** Processed at that time, ms since 1970. */
  | { readonly state: "done"; readonly at: number }
  /** The consumer is beyond the record; the time is not known. */
  | { readonly state: "passed" }
  /** The consumer reports progress and has not reached the record. */
  | { readonly state: "not yet" }
  /** No progress was reported. */
  | { readonly state: "not known" }

export interface RecordPosition {
  readonly topic: string
  readonly partition: number
  /** A decimal number. */
  readonly offset: string
  /** Progress reported before this time (ms since 1970) belongs to an earlier log of the same name. */
  readonly since: number
}

export interface ConsumerProgressCache {
  /** Ignores messages with invalid offsets, and partitions over the limit. */
  readonly add: (progress: ConsumerProgress) => void
  /** Names of all consumers that reported progress. */
  readonly consumers: () => ReadonlyArray<string>
  readonly stateOf: (consumer: string, position: RecordPosition) => ConsumptionState
}

/** Offsets from `first` to before `next`, processed at `at` (ms since 1970). */
interface ProcessedRange {
  readonly first: bigint
  readonly next: bigint
  readonly at: number
}

export interface CacheLimits {
  /** Partitions of all consumers together. */
  readonly maxPartitions: number
  /** Ranges of each partition. */
  readonly maxRanges: number
}

const standardLimits: CacheLimits = { maxPartitions: 200, maxRanges: 1_000 }

export const consumerProgressCache = (limits: CacheLimits = standardLimits): ConsumerProgressCache => {
  const partitions = new Map<string, Array<ProcessedRange>>()
  const consumers = new Set<string>()

  return {
    add: ({ by, topic, partition, first, next, at }) => {
      if (!isOffset(first) || !isOffset(next)) return
      const name = `${by} ${topic} ${partition}`
      let ranges = partitions.get(name)
      if (ranges === undefined) {
        if (partitions.size >= limits.maxPartitions) return
        ranges = []
        partitions.set(name, ranges)
        consumers.add(by)
      }
      ranges.push({ first: BigInt(first), next: BigInt(next), at })
      // In groups, since each removal moves all that remain.
      if (ranges.length > limits.maxRanges * 1.1) ranges.splice(0, ranges.length - limits.maxRanges)
    },
    consumers: () => [...consumers].toSorted(),
    stateOf: (consumer, { topic, partition, offset, since }) => {
      const ranges = partitions.get(`${consumer} ${topic} ${partition}`) ?? []
      const last = ranges.at(-1)
      if (last === undefined || !isOffset(offset)) return { state: "not known" }
      const position = BigInt(offset)
      const current = ranges.filter(({ at }) => at >= since)
      const range = current.find(({ first, next }) => first <= position && position < next)
      if (range !== undefined) return { state: "done", at: range.at }
      if (current.some(({ first }) => first > position)) return { state: "passed" }
      return { state: last.next <= position ? "not yet" : "not known" }
    }
  }
}

const isOffset = (text: string): boolean => /^\d{1,19}$/.test(text)
