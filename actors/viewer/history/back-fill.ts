/**
 * Fills a series from the log's last minutes, once, when a viewer starts: scans further and further back, until the next
 * scan would read too many records. Runs beside the live consumer and yields often.
 */
import { Clock, Effect } from "effect"
import type { EventLog } from "../../../bridge/event-log/service.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Series } from "./series.ts"

/** How far back each scan begins, minutes. */
const lookbackMinutes = [1, 4, 15]

/** Limits of one scan. */
const maxRecords = 300_000
const scanTimeout = "20 seconds"

/** Never fails: what cannot be read is left out. */
export const backFill = Effect.fnUntraced(function* (
  series: Series,
  scan: EventLog["Service"]["scan"],
  topics: ReadonlyArray<Topic>
) {
  const startedAt = yield* Clock.currentTimeMillis
  let previous: { readonly minutes: number; readonly records: number } | undefined
  for (const minutes of lookbackMinutes) {
    if (previous !== undefined && (previous.records * minutes) / previous.minutes > maxRecords) return
    const since = startedAt - minutes * 60_000
    const reader = series.reader()
    let records = 0
    const isOverLimit = yield* scan({ topics, since }, (batch) => {
      series.add(reader, batch, startedAt)
      records += batch.records.length
      return records > maxRecords
    }).pipe(
      Effect.timeoutOrElse({ duration: scanTimeout, orElse: () => Effect.succeed(true) }),
      Effect.catch((failure) => Effect.as(Effect.logWarning(failure.message), true))
    )
    if (isOverLimit) return
    series.markKnownSince(since)
    previous = { minutes, records }
  }
})
