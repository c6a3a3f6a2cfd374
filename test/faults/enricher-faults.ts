/** The short form of the fault cases of an enricher, as tests of a kit: `bun run faults 16 17 36 37 --enricher <name>`. */
import { allCases, chooseCases } from "./all-cases.ts"
import { type EnricherName, enrichers } from "./enrichers.ts"
import { shortCases } from "./short-cases.ts"

/** Killed, rolled, poisoned, hung. */
const numbers = ["16", "17", "36", "37"]

/** Declares a test for each case, with that enricher in place of ours. */
export const enricherFaults = async (name: EnricherName): Promise<void> =>
  shortCases(`a fault of the enricher "${name}" loses nothing`, chooseCases(await allCases(), numbers), {
    timeoutMs: 300_000,
    others: async () => ({ enricher: await enrichers[name].prepare() })
  })
