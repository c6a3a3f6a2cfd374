/** The store of keyed actors that the settings choose, where the projections are: Redis, else a file in DATA_DIR. */
import { type Config, Effect, Layer } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readProjectionSettings } from "../projection-store/layer.ts"
import { redisKeyedStore } from "./redis.ts"
import { KeyedStore } from "./service.ts"
import { sqliteKeyedStore } from "./sqlite.ts"

/** An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work. */
export const layer: Layer.Layer<KeyedStore, Failure | Config.ConfigError> = Layer.effect(
  KeyedStore,
  Effect.gen(function* () {
    const { url, directory, limits, tls } = yield* readProjectionSettings
    return yield* url === undefined
      ? sqliteKeyedStore(directory, limits.horizon)
      : redisKeyedStore(url, limits.horizon, { tls })
  })
)
