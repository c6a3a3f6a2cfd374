/** Reproducible random choices: all are drawn from a seed, so that a failed run can be repeated. */

export interface Random {
  /** The seed; printed with every run. */
  readonly seed: number
  /** A number from 0 (included) to 1 (excluded). */
  readonly next: () => number
  /** A whole number from `least` to `most`, both included. */
  readonly whole: (least: number, most: number) => number
  /** One of the items; there must be at least one. */
  readonly pick: <A>(items: readonly [A, ...ReadonlyArray<A>]) => A
  /** An independent generator for this name: the draws of one case do not affect the next. */
  readonly fork: (name: string) => Random
}

/** Mulberry32: small, fast, and the same on every runtime. */
export const makeRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    seed,
    next,
    whole,
    pick: (items) => items[whole(0, items.length - 1)] ?? items[0],
    fork: (name) => makeRandom(hash(`${seed} ${name}`))
  }
}

/** FNV-1a. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
