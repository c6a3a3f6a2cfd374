/** The queue that the settings choose: Redis when REDIS_URL is set, else a file in DATA_DIR. It lives as long as its layer. */
import { Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { readRedisTls, redisSettings } from "../redis/tls.ts"
import { eachUrl } from "../redis/url.ts"
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

/**
 * An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work: an invalid URL, a
 * DATA_DIR that is not writable, keys in different slots of a cluster, QUEUE_CONFIRM=replica without Redis.
 */
export const layer = Layer.effect(
  IngestQueue,
  Effect.gen(function* () {
    const {
      redisUrl: servers,
      dataDir: directory,
      ...keys
    } = yield* readAll({ redisUrl, dataDir, queueKey, deadLetterKey })
    const {
      queueMaxLength: maxLength,
      queueMaxBytes: maxBytes,
      queueConfirm: confirm
    } = yield* readAll({
      queueMaxLength,
      queueMaxBytes,
      queueConfirm
    })
    const rules: PushRules = { maxLength, maxBytes, confirm }
    const urls = eachUrl(servers)
    if (urls.length > 0)
      return yield* redisQueue(
        { urls, ...keys, rules, connection: { tls: yield* readRedisTls } },
        (connection, all) => checkDurability(connection, all, rules)
      )
    if (confirm === "replica")
      return yield* new Failure({
        reason: "misconfigured",
        message:
          "QUEUE_CONFIRM=replica needs a Redis with a replica: set REDIS_URL, or remove QUEUE_CONFIRM: the queue in DATA_DIR is on the disk before an event is acknowledged."
      })
    return yield* sqliteQueue(directory, rules)
  })
)
