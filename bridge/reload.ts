/**
 * Values that a running process can read again, because they come from files. Whoever uses such a value registers it until
 * its scope closes; the process reloads all of them at SIGHUP (actors/runtime/hang-up.ts).
 */
import { type Config, Context, Effect, Metric, type Scope } from "effect"
import type { Failure } from "../contracts/failure.ts"

export interface Reloadable {
  /** The setting that names the file. */
  readonly setting: string
  /** Settings that `reload` reads anew from their files; empty when it reads the file itself. */
  readonly reads: ReadonlyArray<string>
  /**
   * Reads the file and uses its value from then on. True when the value has changed. A failure says in one sentence why
   * the old value stays in use.
   */
  readonly reload: Effect.Effect<boolean, Failure | Config.ConfigError>
}

/** The registered values of a process. */
export const Reloadables = Context.Reference<Set<Reloadable>>("spoor/bridge/reloadables", {
  defaultValue: () => new Set()
})

const reloads = Metric.counter("spoor_reloads_total", {
  description:
    "Values read again from their files, by setting and outcome: loaded, or refused (the old value stays in use).",
  incremental: true
})

/** Counts one reading of the setting's file; 0 makes the series appear. */
export const countReload = (setting: string, outcome: "loaded" | "refused", by = 1): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(reloads, { setting, outcome }), by)

/** Registers the value until the scope closes. */
export const reloadable = Effect.fnUntraced(function* (
  value: Reloadable
): Effect.fn.Return<void, never, Scope.Scope> {
  const all = yield* Reloadables
  yield* countReload(value.setting, "loaded", 0)
  yield* countReload(value.setting, "refused", 0)
  yield* Effect.acquireRelease(
    Effect.sync(() => all.add(value)),
    () => Effect.sync(() => all.delete(value))
  )
})
