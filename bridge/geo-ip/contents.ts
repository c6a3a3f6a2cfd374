/** Detects the kinds of data in a GeoIP database by reading its records, because the type is only a name and may be wrong. */

/** The search tree at the beginning of a file, as its metadata describes it. */
export interface Tree {
  readonly nodeCount: number
  /** The size of one branch of a node, bits: 24, 28 or 32. */
  readonly recordSize: number
  readonly ipVersion: number
}

/** The kinds of data that at least one record has. */
export interface Contents {
  readonly countries: boolean
  readonly cities: boolean
  /** The number or organization of an autonomous system, or an internet provider. */
  readonly networks: boolean
  /** A connection type, or whether the address is anonymous. */
  readonly traits: boolean
}

/** The maximum number of branches followed to find a country: half a million nodes. Databases of places have one early. */
const maxBranches = 1_000_000

/** The maximum number of branches followed to find a city after a country, or a country after other data. */
const maxBranchesForMore = 100_000

/**
 * Reads each record once, in the order of the search tree, until both a country and a city are found. A database
 * without them is read up to `maxBranches`, which takes well under a second.
 */
export const contentsOf = (file: Uint8Array, tree: Tree, contentsAt: (ip: string) => Contents): Contents => {
  const found = { countries: false, cities: false, networks: false, traits: false }
  for (const { ip, branches } of recordsIn(file, tree)) {
    if ((found.countries || found.networks || found.traits) && branches > maxBranchesForMore) break
    const { countries, cities, networks, traits } = contentsAt(ip)
    found.countries ||= countries
    found.cities ||= cities
    found.networks ||= networks
    found.traits ||= traits
    if (found.countries && found.cities) break
  }
  return found
}

/** An address for each record of the file, in the order of the search tree, with the number of branches followed. */
function* recordsIn(file: Uint8Array, { nodeCount, recordSize, ipVersion }: Tree) {
  const bits = new Uint8Array(ipVersion === 4 ? 32 : 128)
  const seen = new Set<number>()
  const open: Array<{ readonly node: number; readonly depth: number; readonly bit: number }> = []
  const enter = (node: number, depth: number) => {
    if (depth < bits.length) open.push({ node, depth, bit: 1 }, { node, depth, bit: 0 })
  }
  enter(0, 0)
  for (let branches = 0; branches < maxBranches; branches++) {
    const next = open.pop()
    if (next === undefined) return
    bits.fill(0, next.depth)
    bits[next.depth] = next.bit
    const to = pointerAt(file, recordSize, next.node, next.bit)
    if (to < nodeCount) enter(to, next.depth + 1)
    else if (to > nodeCount && !seen.has(to)) {
      seen.add(to)
      yield { ip: addressOf(bits), branches }
    }
  }
}

/** The target of one branch of a node: another node, or, from the node count on, a record. */
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
