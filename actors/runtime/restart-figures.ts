/** The figures of a supervised actor: how often it was restarted, and whether its supervisor has given it up. */
import { Effect, Metric } from "effect"

const restarts = Metric.counter("spoor_actor_restarts_total", {
  description: "Restarts of the actor after a crash.",
  incremental: true
})
const givenUp = Metric.gauge("spoor_actor_given_up", {
  description: "1 when the actor crashed too often and is not restarted; its process then ends."
})

export interface RestartFigures {
  readonly restarted: Effect.Effect<void>
  readonly gaveUp: Effect.Effect<void>
}

/** The figures of the actor of that name, from 0. */
export const restartFigures = (actor: string): Effect.Effect<RestartFigures> => {
  const ownRestarts = Metric.withAttributes(restarts, { actor })
  const ownGivenUp = Metric.withAttributes(givenUp, { actor })
  return Effect.as(Effect.all([Metric.update(ownRestarts, 0), Metric.update(ownGivenUp, 0)]), {
    restarted: Metric.update(ownRestarts, 1),
    gaveUp: Metric.update(ownGivenUp, 1)
  })
}
