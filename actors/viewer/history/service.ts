/**
 * What the viewer tells of the past: searches in the log, the ways of events, figures over time; and test events. Lives
 * as long as the viewer; it remembers, within bounds, what came by.
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
import type { LineMemory } from "../live/raw-line-cache.ts"
import { backFill } from "./back-fill.ts"
import { consumerProgressMemory } from "./consumer-progress.ts"
import { journey } from "./event-timeline.ts"
import type { Range } from "./range.ts"
import { type Countings, type RangeTables, tablesOfRange } from "./range-counts.ts"
import { seriesOfRange } from "./range-series.ts"
import type { Reading } from "./read-gaps.ts"
import { type SearchQuery, search } from "./search.ts"
import { searchBack } from "./search-backwards.ts"
import { gatewayBase, type SendTest, sendTestTo } from "./send-test-event.ts"
import { makeSeries, type SeriesName, shownSeries } from "./series.ts"
import { gatewayUrl } from "./settings.ts"
import { subscribeConsumerProgress } from "./subscribe-progress.ts"

/** All reject with `Failure`, "busy" when too many search; `sendTest` as it says. `left` ends a search when who asked has gone. */
export interface Past {
  readonly search: (query: SearchQuery, left: AbortSignal) => Promise<SearchView>
  /** `logged`: when the log took it, milliseconds since 1970, where that is known; then it is found sooner. */
  readonly journey: (id: string, logged: number | undefined, left: AbortSignal) => Promise<TimelineView>
  readonly series: (name: SeriesName, minutes: number) => SeriesView
  /** The same, and what a counter would have counted, of what the log holds of a range of time. */
  readonly seriesOf: (name: SeriesName, range: Range, left: AbortSignal) => Promise<SeriesView>
  readonly tablesOf: (counter: Counter, range: Range, left: AbortSignal) => Promise<RangeTables>
  readonly sendTest: SendTest
  /** Where the gateway is, as test events reach it; undefined when that is not known. */
  readonly gateway: () => string | undefined
}

export const pastSettings = [gatewayUrl, gatewayPort, viewerMask]

/**
 * How long a search may take, milliseconds, and one for a single event of which nothing is known; and how many of both
 * there may be at a time.
 */
const searchPatience = 5_000
const timelineTimeoutMs = 15_000
const searchesAtATime = 4

/** What is told, and what is done with each batch of records that the viewer has read. */
export const makePast = Effect.fnUntraced(function* (
  lines: LineMemory,
  reading: Reading,
  countings: Countings
) {
  const { sources } = yield* IngestQueue
  const { scan } = yield* EventLog
  const bus = yield* MessageBus
  const self = yield* Self
  const topics = yield* readTopics
  const settings = yield* readAll({ gatewayUrl, gatewayPort, viewerMask })
  const fixedGateway = settings.gatewayUrl === undefined ? undefined : gatewayBase(settings.gatewayUrl)
  if (settings.gatewayUrl !== undefined && fixedGateway === undefined) {
    return yield* new Failure({
      reason: "misconfigured",
      message: "GATEWAY_URL must be a URL like http://gateway:5222."
    })
  }
  const publishProgress = yield* publishConsumerProgress
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const searches = yield* Semaphore.make(searchesAtATime)

  const mask = readMask(settings.viewerMask)
  const memory = consumerProgressMemory()
  yield* Effect.forkScoped(subscribeConsumerProgress(bus, memory))

  const started = yield* Clock.currentTimeMillis
  const series = makeSeries(started, reading.gaps)
  const reader = series.reader()
  const begun = yield* Deferred.make<void>()
  // Only when this viewer reads is it sure that what a look does not find, comes.
  yield* Effect.forkScoped(Effect.andThen(Deferred.await(begun), backFill(series, scan, topics.all)))

  const searched = async <A>(effect: Effect.Effect<A>, signal: AbortSignal): Promise<A> => {
    const found = await run(searches.withPermitsIfAvailable(1)(effect), { signal })
    if (Option.isSome(found)) return found.value
    throw new Failure({ reason: "busy", message: "Others are searching." })
  }

  const logPlaces = { scan, topics: topics.all, mask, patience: searchPatience }
  const gateway = () => fixedGateway ?? ownGateway(self.announced("send events"), settings.gatewayPort)
  const witnesses = { consumers: counters.map(({ name }) => name), memory, mask, lines }
  const past: Past = {
    search: (query, left) =>
      searched(
        query.newestFirst === true ? searchBack(query, logPlaces, Date.now()) : search(query, logPlaces),
        left
      ),
    journey: (id, logged, left) => {
      const patience = logged === undefined ? timelineTimeoutMs : searchPatience
      const found = locateEvent(id, { sources, scan, topics, timeoutMs: patience, logged })
      return searched(
        Effect.map(found, (location) => journey(location, witnesses)),
        left
      )
    },
    series: (name, minutes) => ({ ...series.view(shownSeries(name, mask), minutes, Date.now()), name }),
    seriesOf: (name, range, left) => searched(seriesOfRange(name, range, logPlaces), left),
    tablesOf: (counter, range, left) => searched(tablesOfRange(counter, countings, range, logPlaces), left),
    sendTest: sendTestTo(gateway),
    gateway
  }
  const seen = Effect.fnUntraced(function* (batch: RecordBatch) {
    series.add(reader, batch, yield* Clock.currentTimeMillis)
    yield* Deferred.succeed(begun, undefined)
    // What was there before this viewer would seem to have taken that long.
    if ((batch.records.at(-1)?.timestamp ?? 0) >= started) yield* publishProgress(batch)
  })
  return { past, seen }
})

/** The gateway of this process, else the one that this machine would have. */
const ownGateway = (announced: string | undefined, port: number): string | undefined => {
  if (announced !== undefined) return new URL(announced).origin
  return port === 0 ? undefined : `http://127.0.0.1:${port}`
}
