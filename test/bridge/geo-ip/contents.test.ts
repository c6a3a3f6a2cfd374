/** The search tree of a database is traversed correctly with each of its three record sizes, until all data is found. */
import { describe, expect, test } from "bun:test"
import { type Contents, contentsOf } from "../../../bridge/geo-ip/contents.ts"

const nothing: Contents = { countries: false, cities: false, networks: false, traits: false }

/** Both branches of a node, as bytes of the file. */
const nodeOf = (size: number, left: number, right: number): ReadonlyArray<number> => {
  const bytesOf = (value: number, count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) % 256)
  if (size !== 28) return [...bytesOf(left, size / 8), ...bytesOf(right, size / 8)]
  const high = (value: number) => Math.floor(value / 2 ** 24)
  return [...bytesOf(left % 2 ** 24, 3), high(left) * 16 + high(right), ...bytesOf(right % 2 ** 24, 3)]
}

/** 0.0.0.0/1 has no record, 128.0.0.0/2 and 192.0.0.0/3 one record, 224.0.0.0/3 another. */
const treeOf = (size: number, first: number, second: number): Uint8Array =>
  Uint8Array.from([...nodeOf(size, 3, 1), ...nodeOf(size, first, 2), ...nodeOf(size, first, second)])

const asked = (file: Uint8Array, recordSize: number, contentsAt: (ip: string) => Contents) => {
  const addresses: Array<string> = []
  const contents = contentsOf(file, { nodeCount: 3, recordSize, ipVersion: 4 }, (ip) => {
    addresses.push(ip)
    return contentsAt(ip)
  })
  return { addresses, contents }
}

describe("each record is read once", () => {
  for (const [size, records] of [
    [24, [19, 25]],
    [28, [19, 2 ** 27 + 70_000]],
    [32, [19, 2 ** 31 + 70_000]]
  ] as const) {
    test(`with ${size} bits for a branch`, () => {
      const { addresses, contents } = asked(treeOf(size, records[0], records[1]), size, () => nothing)
      expect(addresses).toEqual(["128.0.0.0", "224.0.0.0"])
      expect(contents).toEqual(nothing)
    })
  }
})

test("data of a later record is found, and nothing is read after it", () => {
  const tree = treeOf(24, 19, 25)
  const last = (ip: string) => (ip === "224.0.0.0" ? { ...nothing, countries: true } : nothing)
  expect(asked(tree, 24, last).contents).toEqual({ ...nothing, countries: true })
  expect(asked(tree, 24, () => ({ ...nothing, countries: true, cities: true })).addresses).toEqual([
    "128.0.0.0"
  ])
})

test("the traversal of a cyclic tree ends", () => {
  const { contents } = asked(Uint8Array.from(nodeOf(24, 0, 0)), 24, () => nothing)
  expect(contents).toEqual(nothing)
})
