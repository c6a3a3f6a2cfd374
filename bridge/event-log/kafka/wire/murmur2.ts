/**
 * Which partition a record goes to: murmur2 as Kafka's Java client computes it, so that producers in any language
 * that share a key share its partition.
 */

/** The partition (from 0) of `count` for a text: a record's key, or the affinity of records without one. */
export const partitionOf = (text: string, count: number): number =>
  (murmur2(Buffer.from(text)) & 0x7fffffff) % count

const mixer = 0x5bd1e995

/** The 32-bit murmur2 hash of the bytes, with the seed of Kafka's default partitioner. */
const murmur2 = (bytes: Buffer): number => {
  let hash = 0x9747b28c ^ bytes.length
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), mixer)
    word ^= word >>> 24
    hash = Math.imul(hash, mixer) ^ Math.imul(word, mixer)
  }
  const rest = bytes.length - at
  if (rest > 0) hash = Math.imul(hash ^ bytes.readUIntLE(at, rest), mixer)
  hash ^= hash >>> 13
  hash = Math.imul(hash, mixer)
  return hash ^ (hash >>> 15)
}
