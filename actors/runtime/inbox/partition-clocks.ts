/**
 * The clocks of the partitions that a keyed actor owns, while no record moves them. A clock moves to a time only when the
 * partition was read to its end after that time was known to have passed, so it never runs ahead of unread records. Lives
 * as long as one run of the inbox.
 */
import type { LogPartition } from "../../../bridge/event-log/service.ts"

/** Every event that the log stored up to `time` was in the topic when that became known. Milliseconds since 1970. */
export interface Watermark {
  readonly time: number
  readonly knownAt: number
}

export interface PartitionClock {
  readonly partition: number
  /** Milliseconds since 1970; -Infinity while it is not known. */
  readonly clock: number
}

export interface PartitionClocks {
  readonly owned: (partitions: ReadonlyArray<LogPartition>) => void
  /** Everything that the partition had at `asOf` is handled. */
  readonly caughtUp: (partition: LogPartition, asOf: number) => void
  /** Moves the clocks up to the watermark, or with "wall" up to the wall clock less `delayMs`. */
  readonly advance: (watermark: Watermark | "wall" | undefined, delayMs: number) => void
  /** The clocks of the owned partitions. */
  readonly list: () => ReadonlyArray<PartitionClock>
}

interface Entry {
  clock: number
  /** When the partition was last known to be read to its end. */
  asOf: number
  /** A watermark that becomes the clock when the partition is read to its end once more. */
  pending: Watermark | undefined
}

export const makePartitionClocks = (): PartitionClocks => {
  let entries = new Map<number, Entry>()
  return {
    owned: (partitions) => {
      entries = new Map(
        partitions.map(({ partition }) => [
          partition,
          entries.get(partition) ?? {
            ...{ clock: Number.NEGATIVE_INFINITY, asOf: Number.NEGATIVE_INFINITY, pending: undefined }
          }
        ])
      )
    },
    caughtUp: ({ partition }, asOf) => {
      const entry = entries.get(partition)
      if (entry !== undefined) entry.asOf = Math.max(entry.asOf, asOf)
    },
    advance: (watermark, delayMs) => {
      for (const entry of entries.values()) {
        if (watermark === "wall") {
          entry.clock = Math.max(entry.clock, entry.asOf - delayMs)
          continue
        }
        if (entry.pending !== undefined && entry.asOf > entry.pending.knownAt) {
          entry.clock = Math.max(entry.clock, entry.pending.time)
          entry.pending = undefined
        }
        entry.pending ??= watermark
      }
    },
    list: () => Array.from(entries, ([partition, { clock }]) => ({ partition, clock }))
  }
}
