/** The queue that the settings ask for: Redis where REDIS_URL is set, else a file in DATA_DIR. Lives as long as its layer. */
import { Effect, Layer, Redacted } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { dataDir, deadLetterKey, queueKey, redisUrl } from "../settings.ts"
import { lookAt } from "./promise.ts"
import { redisQueue } from "./redis.ts"
import { IngestQueue } from "./service.ts"
import { sqliteQueue } from "./sqlite.ts"

/** The settings it reads, for `--help`. */
export const ingestQueueSettings = [redisUrl, queueKey, deadLetterKey, dataDir]

/**
 * A Redis that is away does not keep it from starting. Fails with one clear sentence when a setting can never work:
 * a URL that is none, a DATA_DIR that cannot be written, keys that a cluster cannot hold together.
 */
export const layer = Layer.effect(
  IngestQueue,
  Effect.gen(function* () {
    const settings = yield* readAll({ redisUrl, queueKey, deadLetterKey, dataDir })
    const urls = separate(settings.redisUrl)
    if (urls.length === 0) return yield* sqliteQueue(settings.dataDir)
    const { queueKey: list, deadLetterKey: letters } = settings
    return yield* redisQueue({ urls, queueKey: list, deadLetterKey: letters }, lookAt)
  })
)

const separate = (urls: Redacted.Redacted<string> | undefined): ReadonlyArray<Redacted.Redacted<string>> =>
  urls === undefined
    ? []
    : Redacted.value(urls)
        .split(",")
        .map((url) => url.trim())
        .filter((url) => url !== "")
        .map((url) => Redacted.make(url))
