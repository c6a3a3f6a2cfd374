/**
 * Fills a series with what the log holds of the last minutes, once, when a viewer starts: looks back further and
 * further, until the next look would be too much. Never in the way of what comes: it only reads, and yields often.
 */
import { Clock, Effect } from "effect"
import type { EventLog } from "../../../bridge/event-log/service.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Series } from "./series.ts"

/** How far back the looks go, minutes. */
const looks = [1, 4, 15]

/** A look may see so many records, and last so long. */
const mostRecords = 300_000
const longest = "20 seconds"

/** Never fails: what cannot be read is not shown. */
export const backFill = Effect.fnUntraced(function* (
  series: Series,
  scan: EventLog["Service"]["scan"],
  topics: ReadonlyArray<Topic>
) {
  const begin = yield* Clock.currentTimeMillis
  let before: { readonly minutes: number; readonly records: number } | undefined
  for (const minutes of looks) {
    if (before !== undefined && (before.records * minutes) / before.minutes > mostRecords) return
    const since = begin - minutes * 60_000
    const reader = series.reader()
    let records = 0
    const isTooMuch = yield* scan({ topics, since }, (batch) => {
      series.add(reader, batch, begin)
      records += batch.records.length
      return records > mostRecords
    }).pipe(
      Effect.timeoutOrElse({ duration: longest, orElse: () => Effect.succeed(true) }),
      Effect.catch((failure) => Effect.as(Effect.logWarning(failure.message), true))
    )
    if (isTooMuch) return
    series.isKnownSince(since)
    before = { minutes, records }
  }
})
