/** The number of lines that the queue must have, by the responses to each attack. Lives as long as a run. */
import type { Attack } from "./attack.ts"
import type { Range } from "./oracle.ts"
import type { Target } from "./target.ts"

export interface FuzzTotals {
  readonly add: (number: number, attack: Attack, range: Range) => void
  /** The number of attacks whose number of events is known exactly. */
  readonly exact: () => number
  readonly all: () => Range
  /** Mismatches between responses and queue, as sentences. */
  readonly problems: (target: Target) => ReadonlyArray<string>
}

export const makeTotals = (): FuzzTotals => {
  const ranges = new Map<number, Range & { readonly name: string }>()
  let [min, max, maxReset] = [0, 0, 0]
  let exact = 0

  const problemOf = (number: number, lines: number | undefined): string | undefined => {
    const range = ranges.get(number)
    if (lines === undefined || range === undefined) return undefined
    if (lines >= range.min && lines <= range.max) return undefined
    return `attack ${number} (${range.name}): ${lines} lines, ${range.min} to ${range.max} were acknowledged`
  }

  return {
    add: (number, { name, end }, range) => {
      ranges.set(number, { ...range, name })
      min += range.min
      max += range.max
      if (end === "cut") maxReset += range.max
      if (range.min === range.max) exact++
    },
    exact: () => exact,
    all: () => ({ min, max }),
    problems: (target) => {
      const lines = target.lines()
      const unattributed = target.attackLines(0) === undefined ? 0 : target.unattributed()
      return [
        ...(lines < min || lines > max ? [`the queue has ${lines} lines, expected ${min} to ${max}`] : []),
        // Bun loses the client's address of a connection that is reset before its request is handled.
        ...(unattributed > maxReset
          ? [`${unattributed} lines belong to no known attack, at most ${maxReset} allowed`]
          : []),
        ...Array.from(ranges.keys(), (number) => problemOf(number, target.attackLines(number))).filter(
          (problem) => problem !== undefined
        )
      ]
    }
  }
}
