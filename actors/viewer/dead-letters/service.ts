/** Lists, opens, dry-runs, replays and discards dead letters for the pages. Lives as long as the viewer. */
import { Clock, Duration, Effect, Result } from "effect"
import { IngestQueue, type QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { DeadLetterReason, DeadLetterStage, reactionsTopic } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { makeDryRun } from "../../inspect/dead-letters/dry-run.ts"
import {
  type DeadLetterPage,
  type DeadLetterQuery,
  findDeadLetter,
  searchDeadLetters
} from "../../inspect/dead-letters/search.ts"
import { deliveryIn, isDeliveryLine, withDeliveries } from "../../inspect/dead-letters/with-deliveries.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import { readMask } from "../../inspect/events/mask.ts"
import { viewerMask } from "../../inspect/viewer-settings.ts"
import { makeRenderer } from "../../rules/render.ts"
import { deliverFor } from "../../rules/settings.ts"
import { readRuleVariables } from "../../rules/variables.ts"
import { readTopics } from "../../transform/topics.ts"
import { type BulkOutcome, bulkOperations } from "./bulk-operations.ts"
import type { DiscardCommand, DryRunCommand, ReplayCommand } from "./commands.ts"
import { tryDelivery } from "./try-delivery.ts"
import {
  type DryRunView,
  dryRunView,
  type ListedDeadLetter,
  listedDeadLetter,
  type OpenDeadLetter,
  openDeadLetter,
  triedDeliveryView
} from "./view.ts"

/** A page of the list, and the values a filter can have. */
export interface DeadLetterList extends Pick<DeadLetterPage, "total" | "troubles"> {
  readonly letters: ReadonlyArray<ListedDeadLetter>
  readonly cursor: string | undefined
  readonly choices: {
    readonly reasons: ReadonlyArray<string>
    readonly stages: ReadonlyArray<string>
    readonly topics: ReadonlyArray<string>
  }
}

/** All reject with `Failure`, except `replay` and `discard`, which report errors in their outcome. */
export interface DeadLetterService {
  readonly list: (query: DeadLetterQuery) => Promise<DeadLetterList>
  /** Undefined when it no longer exists. */
  readonly open: (address: string) => Promise<OpenDeadLetter | undefined>
  /** Undefined when the dead letter no longer exists. */
  readonly dryRun: (command: DryRunCommand) => Promise<DryRunView | undefined>
  readonly replay: (command: ReplayCommand) => Promise<BulkOutcome>
  readonly discard: (command: DiscardCommand) => Promise<BulkOutcome>
}

export const makeDeadLetterService = Effect.gen(function* () {
  const sources = withDeliveries((yield* IngestQueue).sources, {
    store: yield* ReactionStore,
    deliverForMs: Duration.toMillis(yield* deliverFor.config)
  })
  const topics = yield* readTopics
  const mask = readMask(yield* viewerMask.config)
  const dryRun = yield* makeDryRun(topics)
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  const operations = bulkOperations(sources)
  const choices = {
    reasons: DeadLetterReason.literals,
    stages: DeadLetterStage.literals,
    topics: [...topics.all, reactionsTopic]
  }

  /** A text that the mask may hide must not be found by search either. */
  const isMasked = (text: string | undefined): boolean => mask.isOn && text !== undefined && text !== ""

  const service: DeadLetterService = {
    list: async (query) => {
      if (isMasked(query.text))
        return { letters: [], total: null, troubles: [maskedSearch], cursor: undefined, choices }
      const { letters, ...page } = await run(searchDeadLetters(sources, query))
      return { ...page, letters: letters.map((letter) => listedDeadLetter(letter, mask)), choices }
    },
    open: (address) =>
      run(Effect.map(findDeadLetter(sources, address), (found) => found && openDeadLetter(found, mask))),
    dryRun: (command) =>
      run(
        Effect.gen(function* () {
          const line = yield* lineOf(sources, command)
          if (line === undefined) return undefined
          if (!isDeliveryLine(line)) return dryRunView(dryRun(line, yield* Clock.currentTimeMillis), mask)
          const renderer = makeRenderer(yield* readRuleVariables())
          return triedDeliveryView(tryDelivery(yield* deliveryIn(line), renderer), mask)
        })
      ),
    replay: async (command) =>
      isMasked(searchedText(command))
        ? refusedByMask
        : run(Effect.tap(operations.replay(command), logOutcome("Dead letters were replayed.", command))),
    discard: async (command) =>
      isMasked(searchedText(command))
        ? refusedByMask
        : run(Effect.tap(operations.discard(command), logOutcome("Dead letters were discarded.", command)))
  }
  return service
})

const maskedSearch = "Dead letters cannot be searched by text while VIEWER_MASK hides parts of them."

const refusedByMask: BulkOutcome = {
  done: 0,
  gone: 0,
  tooOften: 0,
  tooOftenLetters: [],
  troubles: [maskedSearch]
}

const searchedText = (command: ReplayCommand | DiscardCommand): string | undefined =>
  "filter" in command ? command.filter.text : undefined

/** The line of a dry run; undefined when the dead letter no longer exists. */
const lineOf: (
  sources: ReadonlyArray<QueueSource>,
  command: DryRunCommand
) => Effect.Effect<ByteString | undefined, Failure> = Effect.fnUntraced(function* (sources, command) {
  if ("letter" in command) return (yield* findDeadLetter(sources, command.letter))?.line
  return yield* Result.match(fromReadable(command.line), {
    onSuccess: Effect.succeed,
    onFailure: (message) => Effect.fail(new Failure({ reason: "unreadable", message }))
  })
})

const logOutcome =
  (message: string, command: ReplayCommand | DiscardCommand) =>
  ({ done, gone, tooOften, troubles }: BulkOutcome): Effect.Effect<void> => {
    if (done === 0) return Effect.void
    const selection = "filter" in command ? { filter: command.filter } : { letters: command.letters }
    return Effect.logInfo(message, { ...selection, done, gone, tooOften, troubles })
  }
