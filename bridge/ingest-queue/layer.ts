/** The queue that the settings choose: Redis when REDIS_URL is set, else a file in DATA_DIR. It lives as long as its layer. */
import { Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { checkedUrls } from "../redis/url.ts"
import {
  dataDir,
  deadLetterKey,
  queueConfirm,
  queueKey,
  queueMaxBytes,
  queueMaxLength,
  redisUrl
} from "../settings.ts"
import type { PushRules } from "./push-limits.ts"
import { checkDurability } from "./redis/durability.ts"
import { redisQueue } from "./redis/queue.ts"
import { IngestQueue } from "./service.ts"
import { sqliteQueue } from "./sqlite/queue.ts"

/** The settings that this service reads. */
export const ingestQueueSettings: ReadonlyArray<Setting<unknown>> = [
  ...redisSettings,
  queueKey,
  deadLetterKey,
  queueMaxLength,
  queueMaxBytes,
  queueConfirm,
  dataDir
]

/** The queue that the settings choose. Fails with one sentence for settings that cannot work; connects to nothing. */
export const readQueueSettings = Effect.gen(function* () {
  const { servers, directory, ...keys } = yield* readAll({
    servers: redisUrl,
    directory: dataDir,
    queueKey,
    deadLetterKey
  })
  const rules: PushRules = yield* readAll({
    maxLength: queueMaxLength,
    maxBytes: queueMaxBytes,
    confirm: queueConfirm
  })
  const urls = yield* checkedUrls(redisUrl.name, servers)
  if (urls.length === 0 && rules.confirm === "replica")
    return yield* new Failure({
      reason: "misconfigured",
      message:
        "QUEUE_CONFIRM=replica needs a Redis with a replica: set REDIS_URL, or remove QUEUE_CONFIRM: the queue in DATA_DIR is on the disk before an event is acknowledged."
    })
  return { urls, directory, keys, rules, tls: yield* readRedisTls }
})

/**
 * An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work: an invalid URL, a
 * DATA_DIR that is not writable, keys in different slots of a cluster, QUEUE_CONFIRM=replica without Redis.
 */
export const layer = Layer.effect(
  IngestQueue,
  Effect.gen(function* () {
    const { urls, directory, keys, rules, tls } = yield* readQueueSettings
    if (urls.length === 0) return yield* sqliteQueue(directory, rules)
    return yield* redisQueue({ urls, ...keys, rules, connection: { tls } }, (connection, all) =>
      checkDurability(connection, all, rules)
    )
  })
)
