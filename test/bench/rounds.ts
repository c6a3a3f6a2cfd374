/** Compares programs (sides) in alternating rounds, so that other load on the machine affects all of them alike. */

export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The value below which `share` (0 to 1) of the sorted numbers are. */
export const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** The median, minimum and maximum of several rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spreadOf = (numbers: ReadonlyArray<number>): Spread => ({
  median: median(numbers),
  min: Math.min(...numbers),
  max: Math.max(...numbers)
})

/** Measures each side once per round, in an order that rotates. Returns the rounds of each side, in order. */
export const takeTurns = async <Name extends string, Figures>(
  sides: Readonly<Record<Name, () => Promise<Figures>>>,
  rounds: number,
  report: (name: Name, round: number, figures: Figures) => void = () => {}
): Promise<Readonly<Record<Name, ReadonlyArray<Figures>>>> => {
  const names = Object.keys(sides) as Array<string> as Array<Name>
  const taken = Object.fromEntries(names.map((name) => [name, [] as Array<Figures>])) as Record<
    Name,
    Array<Figures>
  >
  for (let round = 0; round < rounds; round++) {
    const order = names.map((_, i) => names[(i + round) % names.length])
    for (const name of order) {
      if (name === undefined) continue
      const figures = await sides[name]()
      taken[name].push(figures)
      report(name, round, figures)
    }
  }
  return taken
}

/** The ratio of one side's figure to the other's, round by round. */
export const ratio = <Figures>(
  one: ReadonlyArray<Figures>,
  other: ReadonlyArray<Figures>,
  figure: (figures: Figures) => number
): Spread =>
  spreadOf(
    one.map((figures, round) => {
      const against = other[round]
      return against === undefined ? Number.NaN : figure(figures) / figure(against)
    })
  )

/** The median of the last third of a series of figures over the median of its middle third. */
export const growth = (series: ReadonlyArray<number>): number => {
  const third = Math.floor(series.length / 3)
  return median(series.slice(2 * third)) / median(series.slice(third, 2 * third))
}
