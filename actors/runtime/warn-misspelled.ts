/** Warns at the start of a process about environment variables that are probably misspelled settings. */
import { Effect } from "effect"
import { misspelledSettings, misspellingSentence } from "./misspelled-settings.ts"
import { thisWorker } from "./workers/worker.ts"

/** One warning for each; of several workers only their supervisor warns. */
export const warnMisspelled: Effect.Effect<void> = Effect.suspend(() =>
  thisWorker === undefined
    ? Effect.forEach(misspelledSettings(process.env), (one) => Effect.logWarning(misspellingSentence(one)), {
        discard: true
      })
    : Effect.void
)
