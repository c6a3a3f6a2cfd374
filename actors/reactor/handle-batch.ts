/**
 * Handles a batch of records: matches it with the rules in use, loads the fences of the records that match, and commits the
 * deliveries of the fresh ones with their fences in one step. When another process has written the partition meanwhile, it
 * loads again. A batch without a match costs the store nothing.
 */
import { Clock, Effect } from "effect"
import type { RecordBatch } from "../../bridge/event-log/service.ts"
import type { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Written } from "../counter/fence-id.ts"
import type { LiveRules } from "../rules/live-rules.ts"
import type { Meter } from "../runtime/metrics.ts"
import type { ReactorFigures } from "./figures.ts"
import { matchedRecords, reactionsOf } from "./match-records.ts"

export interface ReactorParts {
  readonly store: Pick<ReactionStore["Service"], "load" | "commit">
  readonly live: Pick<LiveRules, "current" | "areKnown">
  readonly written: Written
  readonly deliverForMs: number
  readonly figures: ReactorFigures
  readonly meter: Pick<Meter, "count">
}

/** How long a batch waits for the rules of the API; then it fails and is read again later. */
const rulesTimeout = "2 seconds"

/** After this many conflicts in a row the batch fails, and is read again later. */
const maxConflicts = 20

/** The handler of the reactor: all matches of the batch are committed when it returns. */
export const makeHandleBatch = (parts: ReactorParts) =>
  Effect.fnUntraced(function* (batch: RecordBatch) {
    yield* parts.live.areKnown.pipe(
      Effect.timeoutOrElse({ duration: rulesTimeout, orElse: () => Effect.fail(rulesUnknown) })
    )
    const { set, renderer } = parts.live.current()
    const { store, figures, meter, deliverForMs } = parts
    const { topic, partition, end } = batch
    let records = matchedRecords(batch, set, parts.written)
    let conflicts = 0
    while (records.length > 0) {
      const loaded = yield* store.load(
        { topic, partition },
        records.map(({ ref }) => ref),
        end
      )
      const { verdicts, version, fences } = loaded
      const now = yield* Clock.currentTimeMillis
      const { handled, matched, deliveries, suppressed } = reactionsOf(
        records,
        (place) => verdicts[place] === "fresh",
        renderer,
        { now, deliverForMs }
      )
      const repeated = verdicts.slice(0, handled).filter((verdict) => verdict !== "fresh").length
      if (repeated < handled) {
        const changes = { fences, handled, deliveries, suppressed }
        const added = yield* store.commit({ topic, partition }, version, changes)
        if (added === undefined) {
          yield* figures.add("conflicts", 1)
          conflicts += 1
          if (conflicts >= maxConflicts) return yield* busy(topic, partition)
          continue
        }
        yield* figures.add("commits", 1)
        for (const { reason, count } of suppressed) yield* figures.suppressed(reason, count)
        for (const { reason } of added.suppressed) yield* figures.suppressed(reason, 1)
      }
      conflicts = 0
      yield* figures.add("matched", matched)
      yield* meter.count("repeated", repeated, "seen before")
      records = records.slice(handled)
    }
  })

const rulesUnknown = new Failure({
  reason: "unavailable",
  message: "The rules made by the API are not known yet: the store of reactions does not answer."
})

const busy = (topic: string, partition: number): Effect.Effect<never, Failure> =>
  Effect.fail(
    new Failure({
      reason: "busy",
      message: `Another process writes the reactions of ${topic} ${partition} all the time: two processes must not own one partition.`
    })
  )
