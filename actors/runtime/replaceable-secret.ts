/**
 * A secret that is replaced while the process runs: from the file in `<NAME>_FILE`, read again at SIGHUP. Lives as long as
 * its scope.
 */
import { type Config, Effect, Redacted, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"
import { reloadableFromFile } from "./reload.ts"

export interface ReplaceableSecret {
  /** The value of the moment; undefined when it is not set, which stays so until a restart. */
  readonly value: () => string | undefined
}

/** Reads the secret. An empty value counts as not set; a reload that finds one keeps the old value. */
export const replaceableSecret = Effect.fnUntraced(function* (
  setting: Setting<Redacted.Redacted<string> | undefined>
): Effect.fn.Return<ReplaceableSecret, Config.ConfigError, Scope.Scope> {
  const read = Effect.map(setting.config, (secret) =>
    secret === undefined ? undefined : Redacted.value(secret) || undefined
  )
  let current = yield* read
  if (current !== undefined) {
    yield* reloadableFromFile(
      setting,
      [],
      Effect.gen(function* () {
        const next = yield* read
        if (next === undefined) {
          return yield* new Failure({
            reason: "misconfigured",
            message: `${setting.name} is empty: write the new value into the file, or restart without it.`
          })
        }
        const hasChanged = next !== current
        current = next
        return hasChanged
      })
    )
  }
  return { value: () => current }
})
