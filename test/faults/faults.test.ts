/** The short fault cases, part of every test run (FAULTS_SEED=<n> repeats a run). All cases: `bun run faults`. */
import { afterAll, describe, expect, test } from "bun:test"
import { allCases } from "./all-cases.ts"
import { canRunFaults } from "./can-run.ts"
import { kafkaPool } from "./kafka-pool.ts"
import { progressLine } from "./report.ts"
import { runCase, shortPatience } from "./run-case.ts"

const canRun = canRunFaults()
const cases = (await allCases()).filter(({ short }) => short === true)

describe.skipIf(!canRun)("a fault loses nothing", () => {
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
        patience: shortPatience
      })
      process.stdout.write(`${progressLine(result)}\n`)
      expect(result.problems).toEqual([])
    }, 60_000)
  }
})
