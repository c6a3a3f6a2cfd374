/** The short form of the fault cases of a counter, as tests of a kit: `bun run faults 34 35 --counter <name>`. */
import { afterAll, describe, expect, test } from "bun:test"
import { allCases, chooseCases } from "./all-cases.ts"
import { canRunFaults } from "./can-run.ts"
import { type CounterName, counters } from "./counters.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { progressLine } from "./report.ts"
import { runCase, shortPatience } from "./run-case.ts"

/** Killed between effect and commit; a rebalance storm. */
const numbers = ["34", "35"]

/** Declares a test for each case, with that counter in place of our event counter (FAULTS_SEED=<n> repeats a run). */
export const counterFaults = async (name: CounterName): Promise<void> => {
  const cases = chooseCases(await allCases(), numbers)

  describe.skipIf(!canRunFaults())(`a fault of the counter "${name}" counts nothing twice`, () => {
    const pool = kafkaPool()
    afterAll(() => pool.end())

    for (const one of cases) {
      test(`${one.number} ${one.name}`, async () => {
        const result = await runCase(one, {
          ...{ pool, seed: Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000) },
          ...{ events: 1_500, rate: 500, moments: 1, patience: shortPatience },
          counter: await counters[name].prepare()
        })
        process.stdout.write(`${progressLine(result)}\n`)
        expect(result.problems).toEqual([])
      }, 300_000)
    }
  })
}
