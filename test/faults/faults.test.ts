/** The short fault cases, part of every test run. Those of reactions: reactions.test.ts. All cases: `bun run faults`. */
import { allCases } from "./all-cases.ts"
import { shortCases } from "./short-cases.ts"

const cases = (await allCases()).filter(
  ({ short, requires }) => short === true && requires?.reactions === undefined
)

shortCases("a fault loses nothing", cases, { timeoutMs: 120_000 })
