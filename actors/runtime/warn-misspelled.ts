/** Warns at the start of a process about environment variables that are probably misspelled settings. */
import { Effect } from "effect"
import type { Setting } from "../../contracts/setting.ts"
import { misspelledSettings, misspellingSentence } from "./misspelled-settings.ts"
import { thisWorker } from "./workers/worker.ts"

/** One warning for each; of several workers only their supervisor warns. `settings`: those of the process's actors. */
export const warnMisspelled = (settings: ReadonlyArray<Setting<unknown>>): Effect.Effect<void> =>
  Effect.suspend(() =>
    thisWorker === undefined
      ? Effect.forEach(
          misspelledSettings(process.env, settings),
          (one) => Effect.logWarning(misspellingSentence(one)),
          { discard: true }
        )
      : Effect.void
  )
