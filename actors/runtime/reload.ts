/**
 * Reloads values that come from files: `<NAME>_FILE` of a setting, read again at SIGHUP. A value from the environment
 * itself never changes, so it is not registered.
 */
import { type Config, ConfigProvider, Effect } from "effect"
import { type Reloadable, reloadable } from "../../bridge/reload.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"
import { fileOf, withFiles } from "./environment.ts"

/** Registers `reload` for the setting if its value comes from a file; see `Reloadable.reload`. */
export const reloadableFromFile = (
  setting: Setting<unknown>,
  others: ReadonlyArray<Setting<unknown>>,
  reload: Reloadable["reload"]
) => {
  if (fileOf(process.env, setting.name) === undefined) return Effect.void
  return reloadable({
    setting: setting.name,
    reads: [setting, ...others].map(({ name }) => name),
    reload
  })
}

/** Reads the value with its settings as their files are now. */
export const reloadNow = ({
  reads,
  reload
}: Reloadable): Effect.Effect<boolean, Failure | Config.ConfigError> =>
  Effect.try({
    try: () => ConfigProvider.fromEnv({ env: withFiles(process.env, reads) }),
    catch: (cause) => cause as Failure
  }).pipe(
    Effect.flatMap((provider) => Effect.provideService(reload, ConfigProvider.ConfigProvider, provider))
  )
