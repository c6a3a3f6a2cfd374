/**
 * Reads the settings of a gateway at the edge from the bindings of its Worker, or from the environment: the names are those
 * of every gateway. Settings that cannot work are a `Failure` with one sentence, never an exception. Keeps no state.
 */
import { Cause, Config, ConfigProvider, Duration, Effect, Exit } from "effect"
import { kafkaTopic } from "../../bridge/settings.ts"
import { readTopics } from "../../bridge/topics.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll, settingProblem } from "../../contracts/setting.ts"
import { openEdgeCentre } from "./centre.ts"
import type { EdgeStoreOptions } from "./edge-store.ts"
import { edgeAck, edgeMaxBytes, edgePushTimeout } from "./settings.ts"

/** The bindings of a Worker, or the variables of an environment. Values that are not text, numbers or flags are ignored. */
export type Bindings = Readonly<Record<string, unknown>>

export type Read<A> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly failure: Failure }

/** The result of an effect that only reads settings. */
export const readBindings = <A>(
  bindings: Bindings,
  effect: Effect.Effect<A, Failure | Config.ConfigError>
): Read<A> => {
  const provider = ConfigProvider.fromUnknown(variablesOf(bindings))
  const exit = Effect.runSyncExit(Effect.provideService(effect, ConfigProvider.ConfigProvider, provider))
  if (Exit.isSuccess(exit)) return { ok: true, value: exit.value }
  const problem = Cause.squash(exit.cause)
  if (problem instanceof Failure) return { ok: false, failure: problem }
  const message = problem instanceof Config.ConfigError ? settingProblem(problem) : String(problem)
  return { ok: false, failure: new Failure({ reason: "misconfigured", message }) }
}

/** An empty value counts as not set. */
const variablesOf = (bindings: Bindings): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(bindings)
      .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      .map(([name, value]) => [name, String(value)])
      .filter(([, value]) => value !== "")
  )

/** The options of the store that depend on settings. */
export interface StoreSettings
  extends Pick<EdgeStoreOptions, "ack" | "centre" | "defaultTopic" | "pushTimeoutMs"> {
  readonly maxBytes: number
}

export const storeSettings: Effect.Effect<StoreSettings, Failure | Config.ConfigError> = Effect.gen(
  function* () {
    const settings = yield* readAll({ edgeAck, edgeMaxBytes, edgePushTimeout })
    const { standard } = yield* readTopics
    return {
      centre: yield* openEdgeCentre,
      defaultTopic: standard === kafkaTopic.standard ? undefined : standard,
      ack: settings.edgeAck === "centre" ? "centre" : "edge",
      maxBytes: settings.edgeMaxBytes,
      pushTimeoutMs: Duration.toMillis(settings.edgePushTimeout)
    }
  }
)

export const readStoreSettings = (bindings: Bindings): Read<StoreSettings> =>
  readBindings(bindings, storeSettings)
