/**
 * The campaign links that the settings ask for: on every server of REDIS_URL, so that clicks are answered while one of
 * them is up, or in a file in DATA_DIR. They live as long as their layer.
 */
import { type Config, Effect, Layer } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { eachUrl } from "../redis/url.ts"
import { dataDir, linksKey, queueKey, redisUrl } from "../settings.ts"
import { mirrored } from "./mirrored.ts"
import { redisLinks } from "./redis.ts"
import { CampaignLinks, maxLinks } from "./service.ts"
import { sqliteLinks } from "./sqlite.ts"

/** The settings that this service reads. */
export const campaignLinksSettings = [redisUrl, linksKey, queueKey, dataDir]

/** Someone waits at their browser: a server that has not answered a second later counts as away. The queue logs that. */
const impatient = { commandTimeout: 1000, quiet: true }

/**
 * A Redis that is away does not keep it from starting. Fails with one clear sentence when a setting can never work: a
 * URL that is none, a DATA_DIR that cannot be written.
 */
export const layer: Layer.Layer<CampaignLinks, Failure | Config.ConfigError> = Layer.effect(
  CampaignLinks,
  Effect.gen(function* () {
    const settings = yield* readAll({ redisUrl, linksKey, queueKey, dataDir })
    const key = settings.linksKey ?? keyBeside(settings.queueKey)
    const [first, ...others] = yield* Effect.forEach(
      eachUrl(settings.redisUrl),
      (url) => redisLinks({ url, key, maxLinks }, impatient),
      { concurrency: "unbounded" }
    )
    return first === undefined ? yield* sqliteLinks(settings.dataDir, maxLinks) : mirrored([first, ...others])
  })
)

/** The links of this queue: in its slot, and apart from those of another queue on the same server. */
const keyBeside = (queue: string): string => (/\{[^}]+\}/.test(queue) ? `${queue}:links` : `{${queue}}:links`)
