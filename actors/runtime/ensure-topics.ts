/**
 * Creates the topics that an actor needs, at its start. If the log cannot create them now, the actor starts anyway and
 * retries until they exist; meanwhile the process is not ready and reports why. With KAFKA_START_TIMEOUT set, the start
 * fails instead when that time is over. Keeps no state.
 */
import { Duration, Effect, Result, Schedule } from "effect"
import type { EventLog } from "../../bridge/event-log/service.ts"
import { kafkaStartTimeout } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { readAll } from "../../contracts/setting.ts"

/** How long a start waits for the topics before it continues without them. */
const createTimeout = "5 seconds"

const retryPauses = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")])

/**
 * Returns within seconds an effect that ends when the topics exist and never fails. Fails when the log is a file that
 * cannot be written, or when the topics could not be created within KAFKA_START_TIMEOUT.
 */
export const ensureTopics = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  topics: ReadonlyArray<Topic>
) {
  const { startTimeout } = yield* readAll({ startTimeout: kafkaStartTimeout })
  const noAnswer = new Failure({ reason: "timeout", message: "The topics were not created in time." })
  const create = log
    .ensureTopics(topics)
    .pipe(Effect.timeoutOrElse({ duration: createTimeout, orElse: () => Effect.fail(noAnswer) }))
  if (log.dependency.embedded) return yield* Effect.as(create, Effect.void)
  if (Duration.isPositive(startTimeout)) {
    const inTime = Schedule.upTo(retryPauses, { duration: startTimeout })
    return yield* Effect.as(Effect.retry(create, inTime), Effect.void)
  }
  const creating = log.dependency.outage?.operation({ isSteady: true })
  const failed = ({ message }: Failure) => Effect.sync(() => creating?.failed(message))
  const first = yield* Effect.result(Effect.tapError(create, failed))
  if (Result.isSuccess(first)) {
    creating?.ended()
    return Effect.void
  }
  return log
    .ensureTopics(topics)
    .pipe(
      Effect.tapError(failed),
      Effect.retry(retryPauses),
      Effect.ignore,
      Effect.ensuring(Effect.sync(() => creating?.ended()))
    )
})
