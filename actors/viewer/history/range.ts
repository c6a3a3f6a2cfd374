/**
 * Scans a range of time in the log, oldest record first, for counts and series that no counter keeps by time. Each call is
 * a scan of its own, with a time limit.
 */
import { Effect } from "effect"
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { incompleteReason, type SearchContext } from "./search-query.ts"

/** From `since` to before `until`, ms since 1970. */
export interface Range {
  readonly since: number
  readonly until: number
}

export interface RangeScan {
  /** The range is scanned completely up to this time, ms since 1970. */
  readonly reached: number
  /** Records scanned. */
  readonly looked: number
  readonly troubles: ReadonlyArray<string>
}

/** Calls `onRecord` for each record of the range. Never fails: an unavailable log is reported in `troubles`. */
export const scanRange: (
  range: Range,
  context: Pick<SearchContext, "scan" | "topics" | "timeoutMs">,
  onRecord: (record: LogRecord) => void
) => Effect.Effect<RangeScan> = Effect.fnUntraced(function* ({ since, until }, context, onRecord) {
  const { scan, topics, timeoutMs } = context
  /** By partition; the end of a partition counts as `until`. */
  const reached = new Map<string, number>()
  let expected = Number.POSITIVE_INFINITY
  let looked = 0
  const outcome = yield* scan({ topics, since }, ({ topic, partition, end, records }, partitions) => {
    expected = partitions
    for (const record of records) {
      if (record.timestamp < since || record.timestamp >= until) continue
      looked += 1
      onRecord(record)
    }
    const last = records.at(-1)
    const isEnd = BigInt(last?.offset ?? -1) + 1n >= BigInt(end)
    reached.set(`${partition} ${topic}`, isEnd ? until : (last?.timestamp ?? since))
    return reached.size >= partitions && Array.from(reached.values()).every((time) => time >= until)
  }).pipe(Effect.timeoutOption(timeoutMs), Effect.result)
  const incomplete = incompleteReason(outcome, timeoutMs)
  if (incomplete === undefined) return { reached: until, looked, troubles: [] }
  const everywhere = reached.size < expected ? since : Math.min(until, ...reached.values())
  return { reached: everywhere, looked, troubles: everywhere >= until ? [] : [incomplete] }
})
