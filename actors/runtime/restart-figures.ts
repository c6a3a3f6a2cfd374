/**
 * The figures of a supervised actor: how often it was restarted, its last crash, and whether its supervisor has given it
 * up; as metrics, and for `$SRV.STATS`. Lives as long as its supervisor.
 */
import { Cause, Clock, Effect, Metric } from "effect"
import type { ActorFigures, Crash } from "../../contracts/actor-stats.ts"
import { Failure } from "../../contracts/failure.ts"

const restarts = Metric.counter("spoor_actor_restarts_total", {
  description: "Restarts of the actor after a crash.",
  incremental: true
})
const givenUp = Metric.gauge("spoor_actor_given_up", {
  description: "1 when the actor crashed too often and is not restarted; its process then ends."
})

const lastCrashes = Metric.gauge("spoor_actor_last_crash_timestamp_seconds", {
  description:
    "When the actor last crashed of that cause (a reason of a failure, or the name of an error); 0 with the cause none from the start."
})

/** The length limit of a crash's cause, characters. */
const maxCauseChars = 500

export interface RestartFigures {
  readonly crashed: (cause: Cause.Cause<unknown>) => Effect.Effect<void>
  readonly restarted: Effect.Effect<void>
  readonly gaveUp: Effect.Effect<void>
  /** As `$SRV.STATS` reports them. */
  readonly reported: () => Pick<ActorFigures, "restarts" | "lastCrash">
}

/** The figures of the actor of that name, from 0. */
export const restartFigures = (actor: string): Effect.Effect<RestartFigures> => {
  const ownRestarts = Metric.withAttributes(restarts, { actor })
  const ownGivenUp = Metric.withAttributes(givenUp, { actor })
  let count = 0
  let lastCrash: Crash | undefined
  return Effect.as(
    Effect.all([
      Metric.update(ownRestarts, 0),
      Metric.update(ownGivenUp, 0),
      Metric.update(Metric.withAttributes(lastCrashes, { actor, cause: "none" }), 0)
    ]),
    {
      crashed: (cause) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => {
          lastCrash = { at, cause: crashTextOf(cause) }
          const own = Metric.withAttributes(lastCrashes, { actor, cause: kindOf(cause) })
          return Metric.update(own, at / 1000)
        }),
      restarted: Effect.suspend(() => {
        count += 1
        return Metric.update(ownRestarts, 1)
      }),
      gaveUp: Metric.update(ownGivenUp, 1),
      reported: () => ({ restarts: count, ...(lastCrash === undefined ? {} : { lastCrash }) })
    }
  )
}

/** What kind of error a crash was, for a label: few values, without the text of the error. */
const kindOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (error instanceof Failure) return error.reason
  return error instanceof Error ? error.name : "unknown"
}

/** The error of a crash, for people: one line of at most 500 characters. */
export const crashTextOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s*\n\s*/g, " ").slice(0, maxCauseChars)
}
