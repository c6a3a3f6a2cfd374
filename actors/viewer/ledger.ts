/**
 * The ledger of the queues and reactions, and where a single event is, for the pages. Lives as long as the viewer; the ledger is read at
 * most once in two seconds, however many clients request it.
 */
import { Effect, Option, Semaphore } from "effect"
import { EventLog } from "../../bridge/event-log/service.ts"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { readMask } from "../inspect/events/mask.ts"
import { readLedger } from "../inspect/ledger/read-ledger.ts"
import type { Ledger } from "../inspect/ledger/types.ts"
import { locateEvent } from "../inspect/locate-event.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"
import { readTopics } from "../transform/topics.ts"
import { type EventLocationView, eventLocationView } from "./event-location-view.ts"

/** Rejects with `Failure`, "busy" at the limit of concurrent searches. */
export interface LedgerService {
  readonly ledger: () => Promise<Ledger>
  /** `signal` cancels the search. */
  readonly locateEvent: (id: string, signal: AbortSignal) => Promise<EventLocationView>
}

/** Time limit of a search for an event in the log, ms, and the limit of concurrent ones. */
const searchTimeoutMs = 15_000
const maxConcurrentSearches = 4

export const makeLedgerService = Effect.gen(function* () {
  const { sources } = yield* IngestQueue
  const { ledger: reactions } = yield* ReactionStore
  const { scan } = yield* EventLog
  const topics = yield* readTopics
  const mask = readMask(yield* viewerMask.config)
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const ledger = yield* Effect.cachedWithTTL(readLedger(sources, topics, reactions), "2 seconds")
  const searches = yield* Semaphore.make(maxConcurrentSearches)

  const locate = (id: string): Effect.Effect<EventLocationView, Failure> =>
    searches
      .withPermitsIfAvailable(1)(locateEvent(id, { sources, scan, topics, timeoutMs: searchTimeoutMs }))
      .pipe(
        Effect.flatMap(
          Option.match({
            onSome: (location) => Effect.succeed(eventLocationView(location, mask)),
            onNone: () => Effect.fail(tooManySearches())
          })
        )
      )

  const service: LedgerService = {
    ledger: () => run(ledger),
    locateEvent: (id, signal) => run(locate(id), { signal })
  }
  return service
})

const tooManySearches = (): Failure =>
  new Failure({ reason: "busy", message: "Too many searches are running: try again later." })
