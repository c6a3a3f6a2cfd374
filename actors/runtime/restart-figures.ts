/**
 * The figures of a supervised actor: how often it was restarted, its last crash, and whether its supervisor has given it
 * up; as metrics, and for `$SRV.STATS`. Lives as long as its supervisor.
 */
import { Cause, Clock, Effect, Metric } from "effect"
import type { ActorFigures, Crash } from "../../contracts/actor-stats.ts"

const restarts = Metric.counter("spoor_actor_restarts_total", {
  description: "Restarts of the actor after a crash.",
  incremental: true
})
const givenUp = Metric.gauge("spoor_actor_given_up", {
  description: "1 when the actor crashed too often and is not restarted; its process then ends."
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
  return Effect.as(Effect.all([Metric.update(ownRestarts, 0), Metric.update(ownGivenUp, 0)]), {
    crashed: (cause) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        lastCrash = { at, cause: crashTextOf(cause) }
      }),
    restarted: Effect.suspend(() => {
      count += 1
      return Metric.update(ownRestarts, 1)
    }),
    gaveUp: Metric.update(ownGivenUp, 1),
    reported: () => ({ restarts: count, ...(lastCrash === undefined ? {} : { lastCrash }) })
  })
}

/** The error of a crash, for people: one line of at most 500 characters. */
export const crashTextOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s*\n\s*/g, " ").slice(0, maxCauseChars)
}
