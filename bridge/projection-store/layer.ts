/** The projection store that the settings choose: Redis for PROJECTIONS_URL or REDIS_URL, else a file in DATA_DIR. */
import { type Config, Duration, Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting, setting } from "../../contracts/setting.ts"
import { duration } from "../../contracts/setting-readers.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { firstUrl } from "../redis/url.ts"
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

/**
 * An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work: an invalid URL, a
 * DATA_DIR that is not writable, a horizon below a minute or above a year.
 */
export const layer: Layer.Layer<ProjectionStore, Failure | Config.ConfigError> = Layer.effect(
  ProjectionStore,
  Effect.gen(function* () {
    const settings = yield* readAll({ projectionsUrl, redisUrl, dataDir, fenceHorizon })
    const horizon = Duration.toMillis(settings.fenceHorizon)
    if (!(horizon >= minute && horizon <= year)) {
      return yield* new Failure({
        reason: "misconfigured",
        message: "FENCE_HORIZON must be between 1 minute and 366 days, for example 24h."
      })
    }
    const limits = { horizon, maxKeys }
    const url = firstUrl(settings.projectionsUrl) ?? firstUrl(settings.redisUrl)
    return yield* url === undefined
      ? sqliteProjections(settings.dataDir, limits)
      : redisProjections(url, limits, { tls: yield* readRedisTls })
  })
)

const minute = 60_000
const year = 366 * 24 * 60 * minute
