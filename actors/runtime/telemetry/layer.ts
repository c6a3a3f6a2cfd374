/**
 * OpenTelemetry for a process: nothing without an endpoint in the settings, not even the code of the exporters is loaded.
 */
import { Effect, Layer } from "effect"
import type { StartFailure } from "../actor.ts"
import { exportPlan } from "./plan.ts"

/**
 * Traces, metrics and logs of everything that it is provided to. `actor`: the name under which this process logs, for
 * OTEL_SERVICE_NAME. Fails with `misconfigured` or a `ConfigError` for settings that cannot work, never because the
 * collector does not answer.
 */
export const telemetryLayer = (actor: string): Layer.Layer<never, StartFailure> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const plan = yield* exportPlan
      if (plan === undefined) return Layer.empty
      const { otlpLayer } = yield* Effect.promise(() => import("./otlp.ts"))
      return otlpLayer(plan, actor === "process" ? "spoor" : `spoor-${actor}`)
    })
  )
