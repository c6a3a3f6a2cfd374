/** The event log that the settings ask for: Kafka where KAFKA_BROKERS is set, else a file in DATA_DIR. */
import { type Config, Duration, Effect, Layer, Result, Schedule } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
import type { Dependency } from "../dependency.ts"
import {
  dataDir,
  kafkaBrokers,
  kafkaCompression,
  kafkaKeyParam,
  kafkaMaxUnpacked,
  kafkaPassword,
  kafkaSaslMechanism,
  kafkaSsl,
  kafkaStartTimeout,
  kafkaUsername
} from "../settings.ts"
import { readAddress } from "./kafka/address.ts"
import { EventLog } from "./service.ts"
import { makeSqlite } from "./sqlite/log.ts"

/** The settings that it reads, for `--help`. */
export const eventLogSettings: ReadonlyArray<Setting<unknown>> = [
  kafkaBrokers,
  kafkaSsl,
  kafkaSaslMechanism,
  kafkaUsername,
  kafkaPassword,
  kafkaCompression,
  kafkaKeyParam,
  kafkaMaxUnpacked,
  kafkaStartTimeout,
  dataDir
]

/**
 * Fails with one clear sentence: `unreadable` when a setting can never work, `unavailable` when the file cannot be
 * written, or no broker answers within KAFKA_START_TIMEOUT where that is set. Else a broker that is away is waited for.
 */
export const layer: Layer.Layer<EventLog, Failure | Config.ConfigError> = Layer.effect(
  EventLog,
  Effect.gen(function* () {
    const settings = yield* readAll({
      brokers: kafkaBrokers,
      tls: kafkaSsl,
      mechanism: kafkaSaslMechanism,
      username: kafkaUsername,
      password: kafkaPassword,
      compression: kafkaCompression,
      keyParam: kafkaKeyParam,
      maxUnpacked: kafkaMaxUnpacked,
      startTimeout: kafkaStartTimeout,
      directory: dataDir
    })
    const brokers = settings.brokers?.trim() ?? ""
    if (brokers === "") return yield* makeSqlite(settings.directory)
    const address = yield* readAddress({ ...settings, brokers })
    // Its client library takes long to load, and most memory, so only processes that use Kafka do.
    const { makeKafka } = yield* Effect.promise(() => import("./kafka/log.ts"))
    const log = yield* makeKafka(address, settings.compression, {
      hasKeys: settings.keyParam !== undefined,
      maxUnpacked: settings.maxUnpacked
    })
    if (Duration.isPositive(settings.startTimeout))
      yield* firstAnswer(log.dependency.check, settings.startTimeout)
    else yield* sayWhenAway(log.dependency)
    return log
  })
)

/** Says it when Kafka is away at the start, and again when it is there. Does not wait for it. */
const sayWhenAway = Effect.fnUntraced(function* ({ check, address }: Dependency) {
  const first = yield* Effect.result(check)
  if (Result.isSuccess(first)) return
  yield* Effect.logWarning(`${first.failure.message}. Going on without it and connecting again.`)
  yield* Effect.retry(check, Schedule.spaced("1 second")).pipe(
    Effect.andThen(Effect.logInfo(`Kafka at ${address} is there.`)),
    Effect.ignore,
    Effect.forkScoped
  )
})

/** Returns when Kafka answers; fails as the last check did when it has not for so long. */
const firstAnswer = (
  check: Effect.Effect<void, Failure>,
  patience: Duration.Duration
): Effect.Effect<void, Failure> =>
  Effect.retry(check, Schedule.spaced("500 millis").pipe(Schedule.upTo({ duration: patience })))
