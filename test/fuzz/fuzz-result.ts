/** What the queue must hold by what attacks were answered, attack by attack. Lives as long as a run. */
import type { Attack } from "./attack.ts"
import type { Range } from "./judge.ts"
import type { Target } from "./target.ts"

export interface Account {
  readonly add: (number: number, attack: Attack, range: Range) => void
  /** Attacks of which it is known exactly how many events they became. */
  readonly exact: () => number
  readonly all: () => Range
  /** What does not add up, in words. */
  readonly problems: (target: Target) => ReadonlyArray<string>
}

export const makeAccount = (): Account => {
  const ranges = new Map<number, Range & { readonly name: string }>()
  let [least, most, mostCut] = [0, 0, 0]
  let exact = 0

  const problemOf = (number: number, lines: number | undefined): string | undefined => {
    const range = ranges.get(number)
    if (lines === undefined || range === undefined) return undefined
    if (lines >= range.least && lines <= range.most) return undefined
    return `attack ${number} (${range.name}): ${lines} lines, ${range.least} to ${range.most} were acknowledged`
  }

  return {
    add: (number, { name, end }, range) => {
      ranges.set(number, { ...range, name })
      least += range.least
      most += range.most
      if (end === "cut") mostCut += range.most
      if (range.least === range.most) exact++
    },
    exact: () => exact,
    all: () => ({ least, most }),
    problems: (target) => {
      const lines = target.lines()
      const ofNobody = target.linesOf(0) === undefined ? 0 : target.ofNobody()
      return [
        ...(lines < least || lines > most ? [`${lines} lines of ${least} to ${most} events`] : []),
        // Of a connection that is reset before its request is handled Bun forgets whose it was.
        ...(ofNobody > mostCut ? [`${ofNobody} lines are nobody's, ${mostCut} may be`] : []),
        ...Array.from(ranges.keys(), (number) => problemOf(number, target.linesOf(number))).filter(
          (problem) => problem !== undefined
        )
      ]
    }
  }
}
