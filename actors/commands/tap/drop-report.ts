/** Prints on standard error how many events a tap could not show, at most once a second. Lives with the command. */
import { Clock, Effect, Metric } from "effect"
import { droppedBy } from "../../../bridge/message-bus/dropped-messages.ts"
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { counted, number } from "../../inspect/plain-text.ts"
import { printError } from "../command-line/print.ts"
import type { TappedBatch } from "./sources.ts"

const reportIntervalMs = 1_000

export interface DropReport {
  /** Counts what was dropped, and prints it unless something was printed within the interval. */
  readonly add: (batch: TappedBatch) => Effect.Effect<void>
  /** Prints what has not been printed yet. */
  readonly flush: Effect.Effect<void>
}

export const dropReport = (stage: CopyStage): DropReport => {
  let dropped = 0
  let sample = 1
  let isBlind = false
  let reported = { at: Number.NEGATIVE_INFINITY, sample: 1, late: 0 }

  const flush = Effect.gen(function* () {
    const late = (yield* Metric.value(droppedBy("slow-watcher"))).count
    const sentences = [
      ...(dropped === 0 ? [] : [`${counted(dropped, "event")} dropped: ${stage} exceeds the copy limit`]),
      ...(sample === reported.sample
        ? []
        : [
            sample === 1
              ? "all matching events are shown"
              : `one in ${number(sample)} of the matching events is shown`
          ]),
      ...(late === reported.late
        ? []
        : [`${counted(late - reported.late, "message")} of events dropped: the output is read too slowly`])
    ]
    dropped = 0
    reported = { at: yield* Clock.currentTimeMillis, sample, late }
    for (const sentence of sentences) yield* printError(`tap: ${sentence}`)
  })

  return {
    add: Effect.fnUntraced(function* (batch: TappedBatch) {
      const wasBlind = isBlind
      isBlind = batch.isBlind ?? false
      if (isBlind && !wasBlind)
        yield* printError("tap: the viewer cannot read the log: no events are shown until it can")
      if (!isBlind && wasBlind) yield* printError("tap: the viewer reads the log again")
      dropped += batch.dropped
      sample = batch.sample
      if ((yield* Clock.currentTimeMillis) - reported.at >= reportIntervalMs) yield* flush
    }),
    flush
  }
}
