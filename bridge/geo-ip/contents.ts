/** What an open GeoIP database holds, found by looking into it: its type is only a name, which anyone may give to any file. */
import { nowhere, type Place } from "./service.ts"

/** The search tree at the beginning of a file, as its metadata describes it. */
export interface Tree {
  readonly nodeCount: number
  /** Of one branch of a node, in bits: 24, 28 or 32. */
  readonly recordSize: number
  readonly ipVersion: number
}

/** `countries` false: it is a database of something else. */
export interface Contents {
  readonly countries: boolean
  readonly cities: boolean
}

/** At most so many branches are looked at for a country: half a million nodes. A database of places has one early on. */
const mostBranches = 1_000_000

/** Where there are countries, a city is among so many. */
const mostForCity = 100_000

/**
 * Asks for the place of addresses all over the file, each record once, until both a country and a city are found.
 * A database that holds no places is looked through as far as `mostBranches`, which takes well under a second.
 */
export const contentsOf = (file: Uint8Array, tree: Tree, placeOf: (ip: string) => Place): Contents => {
  const found = { countries: false, cities: false }
  for (const { ip, looked } of recordsIn(file, tree)) {
    if (found.countries && looked > mostForCity) break
    const { country, city } = placeOf(ip)
    found.countries ||= country !== nowhere.country
    found.cities ||= city !== nowhere.city
    if (found.countries && found.cities) break
  }
  return found
}

/** An address for each record of the file, in the order of the search tree, and how many branches were looked at. */
function* recordsIn(file: Uint8Array, { nodeCount, recordSize, ipVersion }: Tree) {
  const bits = new Uint8Array(ipVersion === 4 ? 32 : 128)
  const seen = new Set<number>()
  const open: Array<{ readonly node: number; readonly depth: number; readonly bit: number }> = []
  const enter = (node: number, depth: number) => {
    if (depth < bits.length) open.push({ node, depth, bit: 1 }, { node, depth, bit: 0 })
  }
  enter(0, 0)
  for (let looked = 0; looked < mostBranches; looked++) {
    const next = open.pop()
    if (next === undefined) return
    bits.fill(0, next.depth)
    bits[next.depth] = next.bit
    const to = pointerAt(file, recordSize, next.node, next.bit)
    if (to < nodeCount) enter(to, next.depth + 1)
    else if (to > nodeCount && !seen.has(to)) {
      seen.add(to)
      yield { ip: addressOf(bits), looked }
    }
  }
}

/** Where one branch of a node leads: to another node, or, from the node count on, to a record. */
const pointerAt = (file: Uint8Array, recordSize: number, node: number, bit: number): number => {
  const at = (node * recordSize) / 4
  const byte = (index: number): number => file[at + index] ?? 0
  if (recordSize === 24) return byte(3 * bit) * 65_536 + byte(3 * bit + 1) * 256 + byte(3 * bit + 2)
  if (recordSize === 28) {
    const high = bit === 0 ? byte(3) >>> 4 : byte(3) & 15
    return high * 16_777_216 + byte(4 * bit) * 65_536 + byte(4 * bit + 1) * 256 + byte(4 * bit + 2)
  }
  return byte(4 * bit) * 16_777_216 + byte(4 * bit + 1) * 65_536 + byte(4 * bit + 2) * 256 + byte(4 * bit + 3)
}

const addressOf = (bits: Uint8Array): string => {
  const size = bits.length === 32 ? 8 : 16
  const parts = Array.from({ length: bits.length / size }, (_, part) =>
    bits.subarray(part * size, (part + 1) * size).reduce((sum, bit) => sum * 2 + bit, 0)
  )
  return size === 8 ? parts.join(".") : parts.map((part) => part.toString(16)).join(":")
}
