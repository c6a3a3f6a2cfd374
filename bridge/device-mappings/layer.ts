/** The store of device mappings that the settings choose, where the projections are: Redis, else a file in DATA_DIR. */
import { type Config, Effect, Layer } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readProjectionSettings } from "../projection-store/layer.ts"
import { redisDeviceMappings } from "./redis.ts"
import { DeviceMappings } from "./service.ts"
import { sqliteDeviceMappings } from "./sqlite.ts"

/** An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work. */
export const layer: Layer.Layer<DeviceMappings, Failure | Config.ConfigError> = Layer.effect(
  DeviceMappings,
  Effect.gen(function* () {
    const { url, directory, tls } = yield* readProjectionSettings
    return yield* url === undefined ? sqliteDeviceMappings(directory) : redisDeviceMappings(url, { tls })
  })
)
