/**
 * Caches of bounded size, in two generations: new entries go to the young generation. When it is full, it replaces the old
 * generation, which is dropped. So a cache always has the last `limit` entries that were read or written and at most
 * twice as many, and eviction never visits single entries.
 */
import { Buffer } from "node:buffer"

/** The part of a `Map` that a cache has; `get` counts as a use of the entry. */
export interface BoundedMap<K, A> {
  readonly get: (key: K) => A | undefined
  readonly set: (key: K, value: A) => void
  readonly delete: (key: K) => void
}

/**
 * A map that evicts the least recently used entries. `undefined` is not a value.
 *
 * @example
 * const failures = boundedMap<string, number>(10_000)
 * failures.set("a", (failures.get("a") ?? 0) + 1)
 */
export const boundedMap = <K, A>(limit: number): BoundedMap<K, A> => {
  let young = new Map<K, A>()
  let old = new Map<K, A>()
  const set = (key: K, value: A): void => {
    if (young.size >= limit) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  return {
    get: (key) => {
      const known = young.get(key)
      if (known !== undefined) return known
      const before = old.get(key)
      if (before !== undefined) set(key, before)
      return before
    },
    set,
    delete: (key) => {
      young.delete(key)
      old.delete(key)
    }
  }
}

/**
 * `compute` with a cache of at least the last `limit` different keys, fewer when they have more than `maxCharacters`
 * together. `compute` must return the same for the same key. Keys have characters up to U+00FF only: addresses, and every
 * `ByteString`.
 *
 * @example
 * const locate = remember(100_000, (ip: string) => database.locate(ip))
 */
export const remember = <K extends string, A>(
  limit: number,
  compute: (key: K) => A,
  maxCharacters = Number.POSITIVE_INFINITY
): ((key: K) => A) => {
  let young = new Map<K, A>()
  let old = new Map<K, A>()
  let characters = 0
  return (requested) => {
    const known = young.get(requested)
    if (known !== undefined) return known
    const key = copyOf(requested)
    const value = old.get(key) ?? compute(key)
    if (young.size >= limit || characters + key.length > maxCharacters) {
      old = young
      young = new Map()
      characters = 0
    }
    young.set(key, value)
    characters += key.length
    return value
  }
}

/** NOTE: a string that was cut out of a larger one keeps the larger one in memory; a cached key must not. */
const copyOf = <K extends string>(key: K): K => Buffer.from(key, "latin1").toString("latin1") as K
