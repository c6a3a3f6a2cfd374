/**
 * What the viewer tells of the queues and changes in them: the ledger, where an event is, the dead letters. Lives as
 * long as the viewer; the ledger is looked at once in two seconds, however many ask.
 */
import { Cause, Clock, Effect, Exit, Option, Result, Semaphore } from "effect"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { RejectedBy, RejectionReason } from "../../../contracts/batch.ts"
import { Failure } from "../../../contracts/failure.ts"
import { makeDryRun } from "../../inspect/dead-letters/dry-run.ts"
import {
  type DeadLetterPage,
  type DeadLetterQuery,
  findDeadLetter,
  searchDeadLetters
} from "../../inspect/dead-letters/search.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import { readMask } from "../../inspect/events/mask.ts"
import { readLedger } from "../../inspect/ledger/read-ledger.ts"
import type { Ledger } from "../../inspect/ledger/types.ts"
import { locateEvent } from "../../inspect/locate-event.ts"
import { viewerMask } from "../../inspect/viewer-settings.ts"
import { readTopics } from "../../transform/topics.ts"
import { deadLetterRuns, type RunOutcome } from "./bulk.ts"
import type { DiscardOrder, ReplayOrder, TryOrder } from "./commands.ts"
import {
  type DryRunView,
  dryRunView,
  type ListedDeadLetter,
  listedDeadLetter,
  type OpenDeadLetter,
  openDeadLetter,
  type WhereView,
  whereView
} from "./view.ts"

/** A page of the list, and what a filter can choose from. */
export interface DeadLetterList extends Pick<DeadLetterPage, "total" | "troubles"> {
  readonly letters: ReadonlyArray<ListedDeadLetter>
  readonly cursor: string | undefined
  readonly choices: {
    readonly reasons: ReadonlyArray<string>
    readonly stages: ReadonlyArray<string>
    readonly topics: ReadonlyArray<string>
  }
}

/** All reject with `Failure` when they cannot be done now, except the runs, which tell it. */
export interface DeadLetterService {
  readonly ledger: () => Promise<Ledger>
  /** `left` ends the search when the one who asked has gone. */
  readonly locateEvent: (id: string, left: AbortSignal) => Promise<WhereView>
  readonly letters: (query: DeadLetterQuery) => Promise<DeadLetterList>
  readonly letter: (address: string) => Promise<OpenDeadLetter | undefined>
  /** Undefined when that letter is no longer there. */
  readonly tryOut: (order: TryOrder) => Promise<DryRunView | undefined>
  readonly replay: (order: ReplayOrder) => Promise<RunOutcome>
  readonly discard: (order: DiscardOrder) => Promise<RunOutcome>
}

/** How long the log is looked through for one event, milliseconds, and how many such searches there may be. */
const patience = 15_000
const searchesAtATime = 4

const noTexts = "Dead letters cannot be found by their texts while VIEWER_MASK hides some of them."

const unchosen: RunOutcome = { done: 0, gone: 0, tooOften: 0, tooOftenLetters: [], troubles: [noTexts] }

export const makeDeadLetterService = Effect.gen(function* () {
  const { sources } = yield* IngestQueue
  const { scan } = yield* EventLog
  const topics = yield* readTopics
  const mask = readMask(yield* viewerMask.config)
  const tryLine = yield* makeDryRun(topics)
  const runExit = Effect.runPromiseExitWith(yield* Effect.context<never>())
  const ledger = yield* Effect.cachedWithTTL(readLedger(sources, topics), "2 seconds")
  const searches = yield* Semaphore.make(searchesAtATime)
  const runs = deadLetterRuns(sources)
  const choices = {
    reasons: RejectionReason.literals,
    stages: RejectedBy.literals,
    topics: topics.all
  }

  const run = async <A>(effect: Effect.Effect<A, Failure>, signal?: AbortSignal): Promise<A> => {
    const exit = await runExit(effect, signal === undefined ? {} : { signal })
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }

  const lineOf = Effect.fnUntraced(function* (order: TryOrder) {
    if ("letter" in order) return (yield* findDeadLetter(sources, order.letter))?.line
    return yield* Result.match(fromReadable(order.line), {
      onSuccess: Effect.succeed,
      onFailure: (message) => Effect.fail(new Failure({ reason: "unreadable", message }))
    })
  })

  /** Whoever may not see a text may not find it either. */
  const isHidden = (text: string | undefined): boolean => mask.isOn && text !== undefined && text !== ""

  const told = (what: string, order: ReplayOrder | DiscardOrder) => (outcome: RunOutcome) => {
    const { done, gone, tooOften, troubles } = outcome
    if (done === 0) return Effect.void
    const asked = "filter" in order ? { filter: order.filter } : { letters: order.letters }
    return Effect.logInfo(what, { ...asked, done, gone, tooOften, troubles })
  }

  const accounts: DeadLetterService = {
    ledger: () => run(ledger),
    locateEvent: (id, left) =>
      run(
        searches
          .withPermitsIfAvailable(1)(locateEvent(id, { sources, scan, topics, patience }))
          .pipe(
            Effect.flatMap(
              Option.match({
                onSome: (found) => Effect.succeed(whereView(found, mask)),
                onNone: () => Effect.fail(new Failure({ reason: "busy", message: "Others are searching." }))
              })
            )
          ),
        left
      ),
    letters: async (query) => {
      if (isHidden(query.text))
        return { letters: [], total: null, troubles: [noTexts], cursor: undefined, choices }
      const { letters, ...page } = await run(searchDeadLetters(sources, query))
      return { ...page, letters: letters.map((letter) => listedDeadLetter(letter, mask)), choices }
    },
    letter: (address) =>
      run(Effect.map(findDeadLetter(sources, address), (found) => found && openDeadLetter(found, mask))),
    tryOut: (order) =>
      run(
        Effect.gen(function* () {
          const line = yield* lineOf(order)
          return line === undefined
            ? undefined
            : dryRunView(tryLine(line, yield* Clock.currentTimeMillis), mask)
        })
      ),
    replay: async (order) =>
      isHidden(textOf(order))
        ? unchosen
        : run(Effect.tap(runs.replay(order), told("Dead letters were replayed.", order))),
    discard: async (order) =>
      isHidden(textOf(order))
        ? unchosen
        : run(Effect.tap(runs.discard(order), told("Dead letters were discarded.", order)))
  }
  return accounts
})

const textOf = (order: ReplayOrder | DiscardOrder): string | undefined =>
  "filter" in order ? order.filter.text : undefined
