/** Random elements of a list that a retry takes again: the seed decides. Pure. */
import { createHash } from "node:crypto"

/** At most `count` different elements, in random order; the same for the same seed and list. */
export const sampleOf = <A>(list: ReadonlyArray<A>, count: number, seed: string): ReadonlyArray<A> => {
  const rest = [...list]
  const taken: Array<A> = []
  const wanted = Math.min(Math.max(0, Math.floor(count) || 0), rest.length)
  while (taken.length < wanted) {
    const hash = createHash("sha256").update(`${seed} ${taken.length}`).digest()
    taken.push(...rest.splice(hash.readUInt32BE(0) % rest.length, 1))
  }
  return taken
}
