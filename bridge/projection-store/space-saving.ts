/**
 * How a full table keeps its largest keys: Space-Saving (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent
 * and top-k elements in data streams", 2005), a batch at a time. A new key takes the place of the key with the smallest
 * count, and may have come before, at most as often as that count says: this is its *error*. What was counted of a key
 * since it has its place is exact; what was counted of one that lost its place goes to the key for the rest, so that
 * totals stay right. A key that came more than `total / places` times has a place, and no error is larger than that.
 *
 * A stored count includes the key's error, so that the smallest is the one to go; what people see is without it. The
 * script of Redis (apply-script.ts) does the same.
 */

import type { Row } from "./service.ts"

/** A key that a table has, or is to have. */
export interface Counted {
  readonly name: string
  /** Its error included. */
  readonly count: number
}

export interface Admitted extends Counted {
  readonly error: number
}

export interface Replacement {
  /** How many of the smallest lose their places, from the first on. */
  readonly gone: number
  /** Who has them now. */
  readonly admitted: ReadonlyArray<Admitted>
  /** What was counted of new keys that lost their places at once. */
  readonly rest: number
}

/** What people see of stored counts: without their errors, the largest first. */
export const rowsOf = (
  counted: ReadonlyArray<Counted>,
  errors: ReadonlyMap<string, number>
): ReadonlyArray<Row> => {
  if (errors.size === 0) return counted.map(({ name, count }) => ({ key: name, count }))
  return counted
    .map(({ name, count }): Row => {
      const error = errors.get(name) ?? 0
      return error === 0 ? { key: name, count } : { key: name, count: Math.max(0, count - error), error }
    })
    .toSorted((one, other) => other.count - one.count)
}

/** By how much each key of the batch was counted, the smallest first, so that it is the first to lose its place again. */
export const bySum = (one: Counted, other: Counted): number =>
  one.count - other.count || (one.name < other.name ? -1 : 1)

/**
 * Gives new keys (in the order of `bySum`) the places of the smallest of a table: as many of these as there are new keys,
 * or all there are, in the order of their counts.
 */
export const replaceSmallest = (
  fresh: ReadonlyArray<Counted>,
  smallest: ReadonlyArray<Counted>
): Replacement => {
  const admitted: Array<Admitted> = []
  let old = 0
  let first = 0
  let rest = 0
  for (const { name, count } of fresh) {
    const known = smallest[old]
    const own = admitted[first]
    const isOwn = own !== undefined && (known === undefined || own.count < known.count)
    const error = (isOwn ? own : known)?.count ?? 0
    if (isOwn) {
      rest += own.count - own.error
      first += 1
    } else if (known !== undefined) old += 1
    admitted.push({ name, error, count: error + count })
  }
  return { gone: old, admitted: admitted.slice(first), rest }
}
