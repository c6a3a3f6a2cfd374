/** Fault cases in the short form in which they are part of a test run: few events, few moments. */
import { afterAll, describe, expect, test } from "bun:test"
import { canRunFaults } from "./can-run.ts"
import type { FaultCase } from "./case.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { progressLine } from "./report.ts"
import { type RunOptions, runCase, shortPatience } from "./run-case.ts"

export interface ShortForm {
  /** How often the fault happens; default 2. */
  readonly moments?: number
  /** Limit of one case, milliseconds. */
  readonly timeoutMs: number
  /** What takes the place of ours, built when the first case begins. */
  readonly others?: () => Promise<Pick<RunOptions, "enricher" | "counter">>
}

/** Declares a test for each case; `title` says what must hold. FAULTS_SEED=<n> repeats a run. */
export const shortCases = (
  title: string,
  cases: ReadonlyArray<FaultCase>,
  { moments = 2, timeoutMs, others = async () => ({}) }: ShortForm
): void => {
  describe.skipIf(!canRunFaults())(title, () => {
    const pool = kafkaPool()
    afterAll(() => pool.end())

    for (const one of cases) {
      test(
        `${one.number} ${one.name}`,
        async () => {
          const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000)
          const amount = { events: 1_500, rate: 500, moments, patience: shortPatience }
          const result = await runCase(one, { pool, seed, ...amount, ...(await others()) })
          process.stdout.write(`${progressLine(result)}\n`)
          expect(result.problems).toEqual([])
        },
        timeoutMs
      )
    }
  })
}
