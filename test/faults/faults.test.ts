/** The short fault cases, part of every test run. All cases: `bun run faults`. */
import { allCases } from "./all-cases.ts"
import { shortCases } from "./short-cases.ts"

const cases = (await allCases()).filter(({ short }) => short === true)

shortCases("a fault loses nothing", cases, { timeoutMs: 120_000 })
