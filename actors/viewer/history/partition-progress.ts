/** The progress of a scan of the log in each partition. Lives as long as the scan. */
import type { RecordBatch } from "../../../bridge/event-log/service.ts"

export interface PartitionProgress {
  /** Records that a batch was scanned; `partitions` is the number of partitions of the scan. */
  readonly add: (batch: RecordBatch, partitions: number) => void
  /** Whether every partition is scanned up to that time (ms since 1970) or to its end. */
  readonly hasReached: (time: number) => boolean
  /** The time up to which every partition is scanned, ms since 1970. */
  readonly reached: () => number
}

interface Position {
  /** The latest time seen, ms since 1970. */
  readonly time: number
  readonly isEnd: boolean
}

/** The progress of a scan from `since` to before `until`, ms since 1970. */
export const partitionProgress = (since: number, until: number): PartitionProgress => {
  const positions = new Map<string, Position>()
  let expected = Number.POSITIVE_INFINITY
  return {
    add: ({ topic, partition, records, end }, partitions) => {
      expected = partitions
      const last = records.at(-1)
      const name = `${partition} ${topic}`
      const time = Math.max(last?.timestamp ?? since, positions.get(name)?.time ?? since)
      positions.set(name, { time, isEnd: BigInt(last?.offset ?? -1) + 1n >= BigInt(end) })
    },
    hasReached: (time) =>
      positions.size >= expected &&
      Array.from(positions.values()).every((position) => position.isEnd || position.time >= time),
    reached: () =>
      positions.size < expected
        ? since
        : Math.min(...Array.from(positions.values(), ({ time, isEnd }) => (isEnd ? until : time)))
  }
}
