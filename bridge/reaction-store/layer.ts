/** The store of reactions that the settings choose, where the projections are: Redis, else a file in DATA_DIR. */
import { type Config, Effect, Layer } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readProjectionSettings } from "../projection-store/layer.ts"
import { redisReactionStore } from "./redis/store.ts"
import { ReactionStore } from "./service.ts"
import { sqliteReactionStore } from "./sqlite/store.ts"

/** An unreachable Redis does not prevent a start. Fails with one sentence for a setting that cannot work. */
export const layer: Layer.Layer<ReactionStore, Failure | Config.ConfigError> = Layer.effect(
  ReactionStore,
  Effect.gen(function* () {
    const { url, directory, limits, tls } = yield* readProjectionSettings
    return yield* url === undefined
      ? sqliteReactionStore(directory, limits.horizon)
      : redisReactionStore(url, limits.horizon, { tls })
  })
)
