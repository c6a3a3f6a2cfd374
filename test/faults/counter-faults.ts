/** The short form of the fault cases of a counter, as tests of a kit: `bun run faults 34 35 --counter <name>`. */
import { allCases, chooseCases } from "./all-cases.ts"
import { type CounterName, counters } from "./counters.ts"
import { shortCases } from "./short-cases.ts"

/** Killed between effect and commit; a rebalance storm. */
const numbers = ["34", "35"]

/** Declares a test for each case, with that counter in place of our event counter. */
export const counterFaults = async (name: CounterName): Promise<void> =>
  shortCases(
    `a fault of the counter "${name}" counts nothing twice`,
    chooseCases(await allCases(), numbers),
    { moments: 1, timeoutMs: 300_000, others: async () => ({ counter: await counters[name].prepare() }) }
  )
