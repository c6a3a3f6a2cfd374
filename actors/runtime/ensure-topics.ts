/**
 * The topics that an actor needs are made at its start. When the log cannot do that now, the actor starts all the same
 * and they are tried again until they are there: the process is not ready meanwhile, and says why. Only who sets
 * KAFKA_START_TIMEOUT gets the end instead.
 */
import { Duration, Effect, Result, Schedule } from "effect"
import type { EventLog } from "../../bridge/event-log/service.ts"
import { kafkaStartTimeout } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { readAll } from "../../contracts/setting.ts"

/** How long the start waits for the topics before it goes on without them. */
const patience = "5 seconds"

const pauses = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")])

/**
 * Returns, within seconds, what ends when the topics are there; it never fails. Fails itself when the log is a file that
 * cannot be written, or the topics could not be made within KAFKA_START_TIMEOUT.
 */
export const ensureTopics = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  topics: ReadonlyArray<Topic>
) {
  const { startTimeout } = yield* readAll({ startTimeout: kafkaStartTimeout })
  const silent = new Failure({ reason: "timeout", message: "The topics were not made in time." })
  const make = log
    .ensureTopics(topics)
    .pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(silent) }))
  if (log.dependency.embedded) return yield* Effect.as(make, Effect.void)
  if (Duration.isPositive(startTimeout)) {
    const inTime = Schedule.upTo(pauses, { duration: startTimeout })
    return yield* Effect.as(Effect.retry(make, inTime), Effect.void)
  }
  const first = yield* Effect.result(make)
  if (Result.isSuccess(first)) return Effect.void
  // That Kafka itself is away is said by whoever made the log.
  if (yield* Effect.isSuccess(log.dependency.check))
    yield* Effect.logWarning(
      `${first.failure.message.replace(/\.$/, "")}. Going on without them and trying again.`
    )
  return Effect.ignore(Effect.retry(log.ensureTopics(topics), pauses))
})
