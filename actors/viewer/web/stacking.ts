/** Lines put upon each other, so that the highest is the sum of all. */

/** Takes and returns lists of values, the highest first; where nothing is known of any line, nothing is of the sum. */
export const stack = (lines) => {
  const sums = []
  let below = lines[0]?.map(() => null) ?? []
  for (const line of lines.toReversed()) {
    below = below.map((sum, i) => (line[i] === null || line[i] === undefined ? sum : (sum ?? 0) + line[i]))
    sums.unshift(below)
  }
  return sums
}
