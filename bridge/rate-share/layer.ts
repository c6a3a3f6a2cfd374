/** The shared rate limits that the settings choose: on the first Redis of REDIS_URL, else of this process. */
import { Effect } from "effect"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { firstUrl } from "../redis/url.ts"
import { redisUrl } from "../settings.ts"
import { inProcessRateShare } from "./in-process.ts"
import { redisRateShare } from "./redis.ts"

/** The settings that this service reads. */
export const rateShareSettings: ReadonlyArray<Setting<unknown>> = redisSettings

/** Opens them for the scope. An unreachable Redis does not prevent it. */
export const openRateShare = Effect.gen(function* () {
  const url = firstUrl((yield* readAll({ redisUrl })).redisUrl)
  return url === undefined
    ? inProcessRateShare()
    : yield* redisRateShare(url, { commandTimeout: 1000, quiet: true, tls: yield* readRedisTls })
})
