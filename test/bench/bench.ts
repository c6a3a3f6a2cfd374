/** What every benchmark gets and gives; main.ts runs them by name. */
import type { Found } from "./result.ts"

export interface Options {
  /** How often each side is measured. */
  readonly rounds: number
  /** How long a round of a side lasts where it is bounded by time. */
  readonly seconds: number
  /** How long the run lasts that looks for memory that grows. */
  readonly minutes: number
  /** 1 is the size that the figures of test/README.md have; 0.1 a tenth of the events, for trying. */
  readonly scale: number
  /** Says what is going on, for a person who waits. */
  readonly tell: (sentence: string) => void
}

export interface Bench {
  readonly name: string
  /** What it measures and against what, in a sentence. */
  readonly about: string
  readonly run: (options: Options) => Promise<Found>
}
