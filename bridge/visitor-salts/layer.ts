/** The salts that the settings ask for: on the first Redis of REDIS_URL, else in a file in DATA_DIR. */
import { Effect } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { firstUrl } from "../redis/url.ts"
import { dataDir, redisUrl } from "../settings.ts"
import { redisSalts } from "./redis.ts"
import { sqliteSalts } from "./sqlite.ts"

/** The settings it reads, for `--help`. */
export const visitorSaltsSettings = [redisUrl, dataDir]

/** Opens them for the scope. A Redis that is away does not keep it from opening. */
export const openVisitorSalts = Effect.gen(function* () {
  const settings = yield* readAll({ redisUrl, dataDir })
  const url = firstUrl(settings.redisUrl)
  return yield* url === undefined
    ? sqliteSalts(settings.dataDir)
    : redisSalts(url, { commandTimeout: 2000, quiet: true })
})
