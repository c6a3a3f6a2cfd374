/** The short fault cases of reactions, part of every test run. All cases: `bun run faults`. */
import { allCases } from "./all-cases.ts"
import { shortCases } from "./short-cases.ts"

const cases = (await allCases()).filter(
  ({ short, requires }) => short === true && requires?.reactions !== undefined
)

shortCases("a reaction is neither lost nor done twice", cases, { timeoutMs: 240_000 })
