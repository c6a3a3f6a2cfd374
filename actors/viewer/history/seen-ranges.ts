/**
 * Which records were counted already, when several readers read the same log: the live consumer, and the scans of the
 * back-fill. Each reads a partition in order, so one range of offsets per partition describes a reader.
 */
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"

/** From the first offset to before the second. */
interface OffsetRange {
  readonly from: bigint
  readonly to: bigint
}

/** The range of offsets that one reader has read, by partition. */
export type Reader = Map<string, OffsetRange>

export interface SeenRanges {
  readonly addReader: () => Reader
  /** Drops a reader's ranges, when another reader has read the same records. */
  readonly removeReader: (reader: Reader) => void
  /** The records of a reader's next batch that no reader has read before; they count as read from now on. */
  readonly unseen: (reader: Reader, batch: RecordBatch) => ReadonlyArray<LogRecord>
}

export const makeSeenRanges = (): SeenRanges => {
  const readers = new Set<Reader>()
  return {
    addReader: () => {
      const reader: Reader = new Map()
      readers.add(reader)
      return reader
    },
    removeReader: (reader) => void readers.delete(reader),
    unseen: (reader, { topic, partition, records, end }) => {
      const name = `${partition} ${topic}`
      const last = records.at(-1)
      if (last === undefined) return []
      for (const one of readers) {
        // The log ends before what was read: it was deleted and created again.
        const before = one.get(name)
        if (before !== undefined && before.to > BigInt(end)) one.delete(name)
      }
      const seen = Array.from(readers, (one) => one.get(name)).filter((range) => range !== undefined)
      const next = BigInt(last.offset) + 1n
      const first = BigInt(records[0]?.offset ?? last.offset)
      const own = reader.get(name)
      if (own === undefined) reader.set(name, { from: first, to: next })
      else if (next > own.to) reader.set(name, { from: own.from, to: next })
      if (seen.every(({ from, to }) => next <= from || to <= first)) return records
      return records.filter(({ offset }) => {
        const at = BigInt(offset)
        return seen.every(({ from, to }) => at < from || to <= at)
      })
    }
  }
}
