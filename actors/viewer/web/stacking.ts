/** Stacks the lines of a chart, so that the highest is the sum of all. Pure. */

export type Values = ReadonlyArray<number | null>

/** Takes and returns lists of values, the highest first; null where no line has a value. */
export const stack = (lines: ReadonlyArray<Values>): ReadonlyArray<Values> => {
  const sums: Array<Values> = []
  let below: Values = lines[0]?.map(() => null) ?? []
  for (const line of lines.toReversed()) {
    below = below.map((sum, index) => {
      const value = line[index]
      return value === null || value === undefined ? sum : (sum ?? 0) + value
    })
    sums.unshift(below)
  }
  return sums
}
