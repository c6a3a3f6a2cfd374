/**
 * A range of time, and what the log still holds of it: for counts and figures that no counter keeps by time. Looks
 * through the log at each call, the oldest first; bounded in time.
 */
import { Effect } from "effect"
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { endOf, type SearchPlaces } from "./search.ts"

/** From `since` to before `until`, milliseconds since 1970. */
export interface Range {
  readonly since: number
  readonly until: number
}

export interface Ranged {
  /** Up to this time all was looked through, milliseconds since 1970. */
  readonly reached: number
  readonly looked: number
  readonly troubles: ReadonlyArray<string>
}

/** Hands over each record of that range that the log holds. Never fails: a log that cannot be asked is a trouble. */
export const eachIn: (
  range: Range,
  places: Pick<SearchPlaces, "scan" | "topics" | "patience">,
  see: (record: LogRecord) => void
) => Effect.Effect<Ranged> = Effect.fnUntraced(function* ({ since, until }, places, see) {
  const { scan, topics, patience } = places
  const reached = new Map<string, number>()
  let partitionsThere = Number.POSITIVE_INFINITY
  let looked = 0
  const outcome = yield* scan({ topics, since }, ({ topic, partition, end, records }, partitions) => {
    partitionsThere = partitions
    for (const record of records) {
      if (record.timestamp < since || record.timestamp >= until) continue
      looked += 1
      see(record)
    }
    const last = records.at(-1)
    const isEnd = BigInt(last?.offset ?? -1) + 1n >= BigInt(end)
    reached.set(`${partition} ${topic}`, isEnd ? until : (last?.timestamp ?? since))
    return reached.size >= partitions && Array.from(reached.values()).every((time) => time >= until)
  }).pipe(Effect.timeoutOption(patience), Effect.result)
  const unfinished = endOf(outcome, patience)
  if (unfinished === undefined) return { reached: until, looked, troubles: [] }
  const all = reached.size < partitionsThere ? since : Math.min(until, ...reached.values())
  return { reached: all, looked, troubles: all >= until ? [] : [unfinished] }
})
