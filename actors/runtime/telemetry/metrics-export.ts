/** Keeps figures that are computed when they are read current, while metrics are exported. Lives as long as its scope. */
import { Context, Effect } from "effect"

/** How often metrics are exported, milliseconds; undefined when they are not. */
export const MetricsExport = Context.Reference<number | undefined>("spoor/actors/runtime/MetricsExport", {
  defaultValue: () => undefined
})

/** An exporter reads the series only; so `read`, which computes them, runs a little more often than the export. */
export const keepFiguresCurrent = (read: Effect.Effect<unknown>) =>
  Effect.flatMap(MetricsExport, (intervalMs) =>
    intervalMs === undefined
      ? Effect.void
      : read.pipe(Effect.andThen(Effect.sleep(intervalMs / 2)), Effect.forever, Effect.forkScoped)
  )
