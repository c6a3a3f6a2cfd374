/**
 * Replacement of keys in a full table: Space-Saving (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent and
 * top-k elements in data streams", 2005), one batch at a time. A new key replaces the key with the smallest count. The
 * new key may have occurred before, at most as often as that count: this bound is its *error*. Counts of a key since it
 * has its place are exact. When a key loses its place, its own count is added to the key for the rest, so totals stay
 * correct. A key that occurred more than `total / places` times has a place, and no error is larger than that.
 *
 * A stored count includes the key's error, so that the smallest stored count is replaced first; displayed counts do not.
 * The script of Redis (apply-script.ts) does the same.
 */

import type { Row } from "./service.ts"

/** A key of a table, or a new key for it. */
export interface Counted {
  readonly name: string
  /** The count, including the key's error. */
  readonly count: number
}

export interface Admitted extends Counted {
  readonly error: number
}

export interface Replacement {
  /** The number of smallest keys that lose their places, from the first on. */
  readonly gone: number
  /** The keys that take these places. */
  readonly admitted: ReadonlyArray<Admitted>
  /** The counts of new keys that lost their places within the same batch. */
  readonly rest: number
}

/** Stored counts as rows for display: without their errors, the largest first. */
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

/** Orders the keys of a batch by their counts, the smallest first, so that the smallest loses its place first. */
export const bySum = (one: Counted, other: Counted): number =>
  one.count - other.count || (one.name < other.name ? -1 : 1)

/**
 * Gives new keys (in the order of `bySum`) the places of the smallest keys of a table. `smallest`: one key of the table per
 * new key, or all keys of a smaller table, ordered by count.
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
