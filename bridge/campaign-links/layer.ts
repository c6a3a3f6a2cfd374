/**
 * The store of campaign links that the settings choose: every server of REDIS_URL, so that clicks work while one of them is
 * up, or a file in DATA_DIR. It lives as long as its layer.
 */
import { type Config, Effect, Layer } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { checkedUrls } from "../redis/url.ts"
import { dataDir, linksKey, queueKey, redisUrl } from "../settings.ts"
import { mirrored } from "./mirrored.ts"
import { redisLinks } from "./redis.ts"
import { CampaignLinks, maxLinks } from "./service.ts"
import { sqliteLinks } from "./sqlite.ts"

/** The settings that this service reads. */
export const campaignLinksSettings: ReadonlyArray<Setting<unknown>> = [
  ...redisSettings,
  linksKey,
  queueKey,
  dataDir
]

/** The store that the settings choose. Fails with one sentence for settings that cannot work; connects to nothing. */
export const readLinksSettings = Effect.gen(function* () {
  const settings = yield* readAll({ redisUrl, linksKey, queueKey, dataDir })
  return {
    urls: yield* checkedUrls(redisUrl.name, settings.redisUrl),
    key: settings.linksKey ?? keyBeside(settings.queueKey),
    directory: settings.dataDir,
    tls: yield* readRedisTls
  }
})

/** A user waits at the browser: a server counts as unreachable after one second without a reply. The queue logs it. */
const clickTimeouts = { commandTimeout: 1000, quiet: true }

/**
 * An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work: an invalid URL, a
 * DATA_DIR that is not writable.
 */
export const layer: Layer.Layer<CampaignLinks, Failure | Config.ConfigError> = Layer.effect(
  CampaignLinks,
  Effect.gen(function* () {
    const { urls, key, directory, tls } = yield* readLinksSettings
    const [first, ...others] = yield* Effect.forEach(
      urls,
      (url) => redisLinks({ url, key, maxLinks }, { ...clickTimeouts, tls }),
      { concurrency: "unbounded" }
    )
    return first === undefined ? yield* sqliteLinks(directory, maxLinks) : mirrored([first, ...others])
  })
)

/** The key of this queue's links: in the slot of the queue, and different for each queue on a server. */
const keyBeside = (queue: string): string => (/\{[^}]+\}/.test(queue) ? `${queue}:links` : `{${queue}}:links`)
