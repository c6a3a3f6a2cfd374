/** A function that remembers its last answers, within a bound: for lookups that are asked the same thing again and again. */
import { Buffer } from "node:buffer"

/**
 * `look` with a memory of at least the last `limit` different keys, fewer where they have more than `characters`
 * together, and never more than twice that. Keys that are asked for again stay; what has not been asked for longest goes
 * first. `look` must answer the same for the same key. Keys have characters up to U+00FF only: addresses, and whatever
 * is `ByteString`.
 */
export const remember = <K extends string, A>(
  limit: number,
  look: (key: K) => A,
  characters = Number.POSITIVE_INFINITY
): ((key: K) => A) => {
  let young = new Map<K, A>()
  let old = new Map<K, A>()
  let weight = 0
  return (asked) => {
    const known = young.get(asked)
    if (known !== undefined) return known
    const key = copyOf(asked)
    const answer = old.get(key) ?? look(key)
    if (young.size >= limit || weight + key.length > characters) {
      old = young
      young = new Map()
      weight = 0
    }
    young.set(key, answer)
    weight += key.length
    return answer
  }
}

/** NOTE: a string that was cut out of a larger one keeps the larger one alive; a remembered key must not. */
const copyOf = <K extends string>(key: K): K => Buffer.from(key, "latin1").toString("latin1") as K
