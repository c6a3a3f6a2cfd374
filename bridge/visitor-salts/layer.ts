/** The store of salts that the settings choose: the first Redis of REDIS_URL, else a file in DATA_DIR. */
import { Effect } from "effect"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { firstUrl } from "../redis/url.ts"
import { dataDir, redisUrl } from "../settings.ts"
import { redisSalts } from "./redis.ts"
import { sqliteSalts } from "./sqlite.ts"

/** The settings that this service reads. */
export const visitorSaltsSettings: ReadonlyArray<Setting<unknown>> = [...redisSettings, dataDir]

/** Opens the store for the scope. An unreachable Redis does not prevent it. */
export const openVisitorSalts = Effect.gen(function* () {
  const settings = yield* readAll({ redisUrl, dataDir })
  const url = firstUrl(settings.redisUrl)
  return yield* url === undefined
    ? sqliteSalts(settings.dataDir)
    : redisSalts(url, { commandTimeout: 2000, quiet: true, tls: yield* readRedisTls })
})
