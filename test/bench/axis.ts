/** An axis of a plot: where values lie on it, and which of them are written beside it. */

export interface Axis {
  /** From 0, where the axis begins, to 1. */
  readonly place: (value: number) => number
  readonly ticks: ReadonlyArray<number>
}

/** From 0 to a round number above the largest value, with four to eight steps. */
export const linear = (values: ReadonlyArray<number>): Axis => {
  const most = Math.max(...values, 0) || 1
  const rough = most / 8
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  const count = Math.ceil(most / step)
  return {
    place: (value) => value / (count * step),
    ticks: Array.from({ length: count + 1 }, (_, i) => i * step)
  }
}

/** From the least to the largest value, which are above 0, the same distance for the same factor; round numbers around them. */
export const logarithmic = (values: ReadonlyArray<number>): Axis => {
  const { least, most } = bounds(values)
  const [from, to] = [atOrBelow(least), atOrAbove(most)]
  return { place: between(from, to), ticks: steps(from, to) }
}

/** The same with the values themselves written beside it, for a few sizes that were chosen. */
export const logarithmicAt = (values: ReadonlyArray<number>): Axis => {
  const { least, most } = bounds(values)
  return { place: between(least, most), ticks: [...new Set(values)].toSorted((a, b) => a - b) }
}

const bounds = (values: ReadonlyArray<number>) => {
  const given = values.filter((value) => value > 0)
  return given.length === 0 ? { least: 1, most: 10 } : { least: Math.min(...given), most: Math.max(...given) }
}

const between =
  (from: number, to: number) =>
  (value: number): number =>
    to === from ? 0.5 : Math.log(value / from) / Math.log(to / from)

/** Round numbers: 1, 2 and 5 times a power of ten. */
const steps = (from: number, to: number): ReadonlyArray<number> => {
  const [low, high] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))]
  const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  const all = powers.flatMap((power) => [power, 2 * power, 5 * power])
  return all.filter((one) => one >= from * 0.999 && one <= to * 1.001)
}

const atOrBelow = (value: number): number => steps(value / 10, value).at(-1) ?? value
const atOrAbove = (value: number): number => steps(value, value * 10)[0] ?? value
