/** The short form of the fault cases of an enricher, as tests of a kit: `bun run faults 16 17 36 37 --enricher <name>`. */
import { afterAll, describe, expect, test } from "bun:test"
import { allCases, chooseCases } from "./all-cases.ts"
import { canRunFaults } from "./can-run.ts"
import { type EnricherName, enrichers } from "./enrichers.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { progressLine } from "./report.ts"
import { runCase, shortPatience } from "./run-case.ts"

/** Killed, rolled, poisoned, hung. */
const numbers = ["16", "17", "36", "37"]

/** Declares a test for each case, with that enricher in place of ours (FAULTS_SEED=<n> repeats a run). */
export const enricherFaults = async (name: EnricherName): Promise<void> => {
  const canRun = canRunFaults()
  const cases = chooseCases(await allCases(), numbers)

  describe.skipIf(!canRun)(`a fault of the enricher "${name}" loses nothing`, () => {
    const pool = kafkaPool()
    afterAll(() => pool.end())

    for (const one of cases) {
      test(`${one.number} ${one.name}`, async () => {
        const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000)
        const result = await runCase(one, {
          pool,
          seed,
          events: 1_500,
          rate: 500,
          moments: 2,
          patience: shortPatience,
          enricher: await enrichers[name].prepare()
        })
        process.stdout.write(`${progressLine(result)}\n`)
        expect(result.problems).toEqual([])
      }, 300_000)
    }
  })
}
