/** Sides that are compared take turns, round after round, so that what the machine does meanwhile meets them alike. */

export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The value below which that share of the sorted numbers lies. */
export const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** A figure of several rounds: the median, the least and the most. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export const spreadOf = (numbers: ReadonlyArray<number>): Spread => ({
  median: median(numbers),
  least: Math.min(...numbers),
  most: Math.max(...numbers)
})

/** Measures each side once a round; the order turns with each round. Rounds of each side, in order. */
export const takeTurns = async <Name extends string, Figures>(
  sides: Readonly<Record<Name, () => Promise<Figures>>>,
  rounds: number,
  tell: (name: Name, round: number, figures: Figures) => void = () => {}
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
      tell(name, round, figures)
    }
  }
  return taken
}

/** One side's figure over the other's, round by round. */
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

/** How much of a course of figures there is in its last third, as the median, for each of its middle third. */
export const growth = (course: ReadonlyArray<number>): number => {
  const third = Math.floor(course.length / 3)
  return median(course.slice(2 * third)) / median(course.slice(third, 2 * third))
}
