/**
 * The viewer's history: searches in the log, event timelines, series over time; and test events. Lives as long as the
 * viewer and caches, within limits, what it has read.
 */
import { Clock, Deferred, Effect, Option, Semaphore } from "effect"
import { EventLog, type RecordBatch } from "../../../bridge/event-log/service.ts"
import { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import { readAll } from "../../../contracts/setting.ts"
import { gatewayPort } from "../../../gateway/settings.ts"
import { readMask } from "../../inspect/events/mask.ts"
import type { SearchView, SeriesView, TimelineView } from "../../inspect/events/messages.ts"
import { locateEvent } from "../../inspect/locate-event.ts"
import { viewerMask } from "../../inspect/viewer-settings.ts"
import { Self } from "../../runtime/actor-context.ts"
import { publishConsumerProgress } from "../../runtime/publish/consumer-progress.ts"
import { readTopics } from "../../transform/topics.ts"
import type { Counter } from "../counters.ts"
import { counters } from "../counters.ts"
import type { RawLineCache } from "../live/raw-line-cache.ts"
import { backFill } from "./back-fill.ts"
import { consumerProgressCache } from "./consumer-progress.ts"
import { eventTimeline } from "./event-timeline.ts"
import type { Range } from "./range.ts"
import { type Countings, type RangeTables, tablesOfRange } from "./range-counts.ts"
import { seriesOfRange } from "./range-series.ts"
import type { LogReadGaps } from "./read-gaps.ts"
import { search } from "./search.ts"
import { searchBackwards } from "./search-backwards.ts"
import type { SearchContext, SearchQuery } from "./search-query.ts"
import { gatewayBaseUrl, type SendTest, sendTestTo } from "./send-test-event.ts"
import { makeSeries, type SeriesName, visibleSeries } from "./series.ts"
import { gatewayUrl } from "./settings.ts"
import { subscribeConsumerProgress } from "./subscribe-progress.ts"

/** All reject with `Failure`, "busy" at the limit of concurrent searches; `sendTest` as documented there. `signal` cancels a search. */
export interface History {
  readonly search: (query: SearchQuery, signal: AbortSignal) => Promise<SearchView>
  /** `logged`: the event's log time, ms since 1970, when known; it shortens the search. */
  readonly timeline: (id: string, logged: number | undefined, signal: AbortSignal) => Promise<TimelineView>
  readonly series: (name: SeriesName, minutes: number) => SeriesView
  /** A series over a range of time, from the records in the log. */
  readonly seriesOf: (name: SeriesName, range: Range, signal: AbortSignal) => Promise<SeriesView>
  /** The counts of a counter in a range of time, from the records in the log. */
  readonly tablesOf: (counter: Counter, range: Range, signal: AbortSignal) => Promise<RangeTables>
  readonly sendTest: SendTest
  /** The gateway's URL for test events; undefined when unknown. */
  readonly gateway: () => string | undefined
}

export const historySettings = [gatewayUrl, gatewayPort, viewerMask]

/** Time limits of a search, and of a timeline of an event whose log time is unknown, ms; and the limit of concurrent ones. */
const searchTimeoutMs = 5_000
const timelineTimeoutMs = 15_000
const maxConcurrentSearches = 4

/** The base URL that GATEWAY_URL names; undefined when it is not set. Fails for anything but an HTTP URL. */
export const readGatewayUrl = Effect.gen(function* () {
  const url = yield* gatewayUrl.config
  const base = url === undefined ? undefined : gatewayBaseUrl(url)
  if (url !== undefined && base === undefined) {
    return yield* new Failure({
      reason: "misconfigured",
      message: "GATEWAY_URL must be a URL like http://gateway:5222."
    })
  }
  return base
})

/** The history, and the effect that handles each batch of records that the viewer has read. */
export const makeHistory = Effect.fnUntraced(function* (
  lines: RawLineCache,
  readGaps: LogReadGaps,
  countings: Countings
) {
  const { sources } = yield* IngestQueue
  const { scan } = yield* EventLog
  const bus = yield* MessageBus
  const self = yield* Self
  const topics = yield* readTopics
  const settings = yield* readAll({ gatewayPort, viewerMask })
  const fixedGateway = yield* readGatewayUrl
  const publishProgress = yield* publishConsumerProgress
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const searches = yield* Semaphore.make(maxConcurrentSearches)

  const mask = readMask(settings.viewerMask)
  const progress = consumerProgressCache()
  yield* Effect.forkScoped(subscribeConsumerProgress(bus, progress))

  const started = yield* Clock.currentTimeMillis
  const series = makeSeries(started, readGaps.gaps)
  const liveReader = series.reader()
  const hasRead = yield* Deferred.make<void>()
  // Start the back-fill after the live consumer has read its first batch; otherwise records appended in between are missed by both.
  yield* Effect.forkScoped(Effect.andThen(Deferred.await(hasRead), backFill(series, scan, topics.all)))

  const searching = async <A>(effect: Effect.Effect<A>, signal: AbortSignal): Promise<A> => {
    const found = await run(searches.withPermitsIfAvailable(1)(effect), { signal })
    if (Option.isSome(found)) return found.value
    throw new Failure({ reason: "busy", message: "Too many searches are running: try again later." })
  }

  const context: SearchContext = { scan, topics: topics.all, mask, timeoutMs: searchTimeoutMs }
  const gateway = () => fixedGateway ?? localGateway(self.announced("send events"), settings.gatewayPort)
  const always = counters.filter(({ isOptional }) => isOptional !== true)
  const timelineContext = { consumers: always.map(({ name }) => name), progress, mask, lines }
  const history: History = {
    search: (query, signal) =>
      searching(
        query.newestFirst === true ? searchBackwards(query, context, Date.now()) : search(query, context),
        signal
      ),
    timeline: (id, logged, signal) => {
      const timeoutMs = logged === undefined ? timelineTimeoutMs : searchTimeoutMs
      const location = locateEvent(id, { sources, scan, topics, timeoutMs, logged })
      return searching(
        Effect.map(location, (found) => eventTimeline(found, timelineContext)),
        signal
      )
    },
    series: (name, minutes) => ({ ...series.view(visibleSeries(name, mask), minutes, Date.now()), name }),
    seriesOf: (name, range, signal) => searching(seriesOfRange(name, range, context), signal),
    tablesOf: (counter, range, signal) =>
      searching(tablesOfRange(counter, countings, range, context), signal),
    sendTest: sendTestTo(gateway),
    gateway
  }
  const onRead = Effect.fnUntraced(function* (batch: RecordBatch) {
    series.add(liveReader, batch, yield* Clock.currentTimeMillis)
    yield* Deferred.succeed(hasRead, undefined)
    // Progress on records older than this viewer would report the time of its start.
    if ((batch.records.at(-1)?.timestamp ?? 0) >= started) yield* publishProgress(batch)
  })
  return { history, onRead }
})

/** The gateway of this process, otherwise the standard one of this machine. */
const localGateway = (announced: string | undefined, port: number): string | undefined => {
  if (announced !== undefined) return new URL(announced).origin
  return port === 0 ? undefined : `http://127.0.0.1:${port}`
}
