/** The axes of a plot: the positions of values, and the labelled values (ticks). */

export interface Axis {
  /** The position of a value, from 0 (start of the axis) to 1. */
  readonly place: (value: number) => number
  readonly ticks: ReadonlyArray<number>
}

/** A linear axis from 0 to a round number above the maximum, with four to eight steps. */
export const linear = (values: ReadonlyArray<number>): Axis => {
  const max = Math.max(...values, 0) || 1
  const rough = max / 8
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10)
  const count = Math.ceil(max / step)
  return {
    place: (value) => value / (count * step),
    ticks: Array.from({ length: count + 1 }, (_, i) => i * step)
  }
}

/** A logarithmic axis for positive values, between round numbers. */
export const logarithmic = (values: ReadonlyArray<number>): Axis => {
  const { min, max } = bounds(values)
  const [from, to] = [atOrBelow(min), atOrAbove(max)]
  return { place: between(from, to), ticks: steps(from, to) }
}

/** A logarithmic axis whose ticks are the values themselves; for a few chosen sizes. */
export const logarithmicAt = (values: ReadonlyArray<number>): Axis => {
  const { min, max } = bounds(values)
  return { place: between(min, max), ticks: [...new Set(values)].toSorted((a, b) => a - b) }
}

const bounds = (values: ReadonlyArray<number>) => {
  const given = values.filter((value) => value > 0)
  return given.length === 0 ? { min: 1, max: 10 } : { min: Math.min(...given), max: Math.max(...given) }
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
