/**
 * Which records have been brought already, when several readers bring the same log: the one that reads on, and those
 * that look back. Each reads a partition in order, so that a stretch of each partition says all about a reader.
 */
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"

/** From the first offset to before the second. */
interface Stretch {
  readonly from: bigint
  readonly to: bigint
}

/** What one reader has brought, by partition. */
export type Reader = Map<string, Stretch>

export interface Covered {
  /** A new reader. */
  readonly reader: () => Reader
  /** What it brought may be brought again: for one whose stretches another has brought too. */
  readonly forget: (reader: Reader) => void
  /** The records of a reader's next batch that nobody has brought before; they count as brought then. */
  readonly newIn: (reader: Reader, batch: RecordBatch) => ReadonlyArray<LogRecord>
}

export const makeCovered = (): Covered => {
  const readers = new Set<Reader>()
  return {
    reader: () => {
      const reader: Reader = new Map()
      readers.add(reader)
      return reader
    },
    forget: (reader) => void readers.delete(reader),
    newIn: (reader, { topic, partition, records, end }) => {
      const place = `${partition} ${topic}`
      const last = records.at(-1)
      if (last === undefined) return []
      for (const one of readers) {
        // The log ends before what was brought: it was deleted and made again.
        const before = one.get(place)
        if (before !== undefined && before.to > BigInt(end)) one.delete(place)
      }
      const known = Array.from(readers, (one) => one.get(place)).filter((stretch) => stretch !== undefined)
      const next = BigInt(last.offset) + 1n
      const first = BigInt(records[0]?.offset ?? last.offset)
      const own = reader.get(place)
      if (own === undefined) reader.set(place, { from: first, to: next })
      else if (next > own.to) reader.set(place, { from: own.from, to: next })
      if (known.every(({ from, to }) => next <= from || to <= first)) return records
      return records.filter(({ offset }) => {
        const at = BigInt(offset)
        return known.every(({ from, to }) => at < from || to <= at)
      })
    }
  }
}
