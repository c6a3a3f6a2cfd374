/** The interface of every benchmark; main.ts runs them by name. */
import type { Found } from "./result.ts"

export interface Options {
  /** The number of measurements of each side. */
  readonly rounds: number
  /** The duration of a round that is limited by time, seconds. */
  readonly seconds: number
  /** The duration of the memory benchmark, minutes. */
  readonly minutes: number
  /** The number of events relative to the published runs: 1 for those, 0.1 for a short trial. */
  readonly scale: number
  /** Reports progress as a sentence. */
  readonly report: (sentence: string) => void
}

export interface Bench {
  readonly name: string
  /** What it measures and compares, as a phrase. */
  readonly about: string
  readonly run: (options: Options) => Promise<Found>
}
