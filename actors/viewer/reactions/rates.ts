/** The rates of the ledger's lines of rules over the last seconds. Lives as long as the viewer; keeps a few readings. */
import type { RuleTotals } from "../../../bridge/reaction-store/service.ts"
import type { Figure } from "../../inspect/pipeline/system-view.ts"

/** Rates are calculated over this time, milliseconds: a few intervals of the page. */
const windowMs = 7_000

interface Reading {
  readonly at: number
  readonly lines: ReadonlyMap<string, RuleTotals>
}

type Counted = "matched" | "delivered"

export interface LineRates {
  /** Adds a reading; `at`: milliseconds of the monotonic clock. */
  readonly record: (at: number, lines: ReadonlyArray<RuleTotals>) => void
  /** What the line rose by per second; null before a second reading, and when its counts were started again. */
  readonly rateOf: (line: string, what: Counted) => Figure
}

export const makeLineRates = (): LineRates => {
  let readings: ReadonlyArray<Reading> = []
  return {
    record: (at, lines) => {
      const recent = readings.filter((one) => at - one.at <= windowMs)
      readings = [...recent, { at, lines: new Map(lines.map((totals) => [totals.rule, totals])) }]
    },
    rateOf: (line, what) => {
      const [first] = readings
      const last = readings.at(-1)
      if (first === undefined || last === undefined || last.at <= first.at) return null
      // A line begins with its first match, so an absent one counts 0.
      const rise = (last.lines.get(line)?.[what] ?? 0) - (first.lines.get(line)?.[what] ?? 0)
      return rise < 0 ? null : (rise * 1_000) / (last.at - first.at)
    }
  }
}
