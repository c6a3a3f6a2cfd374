/** The event log that the settings choose: Kafka when KAFKA_BROKERS is set, else a file in DATA_DIR. */
import { type Config, Duration, Effect, Layer, Schedule } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
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

/** The settings that this service reads. */
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
 * Fails with one sentence: `misconfigured` for a setting that cannot work, `unavailable` when the file is not writable, or
 * when no broker responds within KAFKA_START_TIMEOUT. Without that setting, an unreachable Kafka does not prevent a start.
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
      yield* firstResponse(log.dependency.check, settings.startTimeout)
    // An unreachable Kafka is logged as its outage; it is checked until it responds.
    else yield* Effect.ignore(log.dependency.check)
    return log
  })
)

/** Returns when Kafka responds; fails like the last check after the timeout. */
const firstResponse = (
  check: Effect.Effect<void, Failure>,
  timeout: Duration.Duration
): Effect.Effect<void, Failure> =>
  Effect.retry(check, Schedule.spaced("500 millis").pipe(Schedule.upTo({ duration: timeout })))
