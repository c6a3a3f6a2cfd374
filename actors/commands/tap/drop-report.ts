/** Says beside the tap's output how many events it could not show: no more than a line a second. Lives with the command. */
import { Clock, Effect, Metric } from "effect"
import { droppedBy } from "../../../bridge/message-bus/dropped-messages.ts"
import type { CopyStage } from "../../../contracts/event-copy.ts"
import { counted, number } from "../../inspect/plain-text.ts"
import { note } from "../run-command.ts"
import type { Tapped } from "./sources.ts"

const pause = 1_000

export interface LeftOut {
  /** Takes note of what was left out, and says it if nothing was said for a while. */
  readonly add: (tapped: Tapped) => Effect.Effect<void>
  /** Says what has not been said yet. */
  readonly rest: Effect.Effect<void>
}

export const leftOutNotes = (stage: CopyStage): LeftOut => {
  let dropped = 0
  let sample = 1
  let isBlind = false
  let said = { at: Number.NEGATIVE_INFINITY, sample: 1, late: 0 }

  const rest = Effect.gen(function* () {
    const late = (yield* Metric.value(droppedBy("slow-watcher"))).count
    const sentences = [
      ...(dropped === 0
        ? []
        : [`${counted(dropped, "event")} left out: more of ${stage} than is copied for those who look`]),
      ...(sample === said.sample
        ? []
        : [
            sample === 1
              ? "all that match are shown"
              : `of those that match one in ${number(sample)} is shown`
          ]),
      ...(late === said.late
        ? []
        : [`${counted(late - said.late, "message")} of events left out: the output is read too slowly`])
    ]
    dropped = 0
    said = { at: yield* Clock.currentTimeMillis, sample, late }
    for (const sentence of sentences) yield* note(`tap: ${sentence}`)
  })

  return {
    add: Effect.fnUntraced(function* (tapped: Tapped) {
      const wasBlind = isBlind
      isBlind = tapped.isBlind ?? false
      if (isBlind && !wasBlind)
        yield* note("tap: the viewer cannot read the log now; what passes is not seen")
      if (!isBlind && wasBlind) yield* note("tap: the viewer reads the log again")
      dropped += tapped.dropped
      sample = tapped.sample
      if ((yield* Clock.currentTimeMillis) - said.at >= pause) yield* rest
    }),
    rest
  }
}
