/** The projection store that the settings choose: Redis for PROJECTIONS_URL or REDIS_URL, else a file in DATA_DIR. */
import { type Config, Duration, Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting, setting } from "../../contracts/setting.ts"
import { duration } from "../../contracts/setting-readers.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { checkedUrls } from "../redis/url.ts"
import { dataDir, projectionsUrl, redisUrl } from "../settings.ts"
import { redisProjections } from "./redis.ts"
import { maxKeys, ProjectionStore } from "./service.ts"
import { sqliteProjections } from "./sqlite.ts"

const fenceHorizon = setting(
  "FENCE_HORIZON",
  duration("hours", 0, Number.POSITIVE_INFINITY),
  Duration.hours(24),
  "Minimum time for which event ids are remembered: the same event stored twice within this time counts once.",
  "24h"
)

/** The settings that this service reads. */
export const projectionStoreSettings: ReadonlyArray<Setting<unknown>> = [
  projectionsUrl,
  ...redisSettings,
  dataDir,
  fenceHorizon
]

/** The store that the settings choose. Fails with one sentence for settings that cannot work; connects to nothing. */
export const readProjectionSettings = Effect.gen(function* () {
  const settings = yield* readAll({ dataDir, fenceHorizon })
  const horizon = Duration.toMillis(settings.fenceHorizon)
  if (!(horizon >= minute && horizon <= year)) {
    return yield* new Failure({
      reason: "misconfigured",
      message: "FENCE_HORIZON must be between 1 minute and 366 days, for example 24h."
    })
  }
  return {
    url: yield* readUrl,
    directory: settings.dataDir,
    limits: { horizon, maxKeys },
    tls: yield* readRedisTls
  }
})

/** The server of PROJECTIONS_URL, else the first of REDIS_URL; undefined for neither. */
const readUrl = Effect.gen(function* () {
  const settings = yield* readAll({ projectionsUrl, redisUrl })
  const [own] = yield* checkedUrls(projectionsUrl.name, settings.projectionsUrl)
  const [shared] = yield* checkedUrls(redisUrl.name, settings.redisUrl)
  return own ?? shared
})

/** Each fails with one sentence for settings that cannot work. */
export const projectionChecks = [readProjectionSettings, readUrl]

/**
 * An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work: an invalid URL, a
 * DATA_DIR that is not writable, a horizon below a minute or above a year.
 */
export const layer: Layer.Layer<ProjectionStore, Failure | Config.ConfigError> = Layer.effect(
  ProjectionStore,
  Effect.gen(function* () {
    const { url, directory, limits, tls } = yield* readProjectionSettings
    return yield* url === undefined
      ? sqliteProjections(directory, limits)
      : redisProjections(url, limits, { tls })
  })
)

const minute = 60_000
const year = 366 * 24 * 60 * minute
