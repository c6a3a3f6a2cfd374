/** Caches stay within their limit and keep the entries in use. */
import { describe, expect, test } from "bun:test"
import { boundedMap, remember } from "../../bridge/bounded-cache.ts"

const counted = (limit: number) => {
  const looks: Array<string> = []
  const ask = remember(limit, (key: string) => {
    looks.push(key)
    return { key }
  })
  return { looks, ask }
}

describe("a bounded map", () => {
  const filled = (limit: number, entries: number) => {
    const map = boundedMap<number, string>(limit)
    for (let i = 0; i < entries; i++) map.set(i, `${i}`)
    return map
  }

  test("keeps the last `limit` entries and none older than twice as many", () => {
    const map = filled(10, 100)
    for (let i = 90; i < 100; i++) expect(map.get(i)).toBe(`${i}`)
    expect(map.get(79)).toBeUndefined()
  })

  test("keeps an entry that is read between any number of writes", () => {
    const map = boundedMap<number, string>(10)
    map.set(-1, "kept")
    for (let i = 0; i < 1_000; i++) {
      map.set(i, "other")
      expect(map.get(-1)).toBe("kept")
    }
  })

  test("overwrites an entry without evicting others", () => {
    const map = filled(10, 10)
    for (let i = 0; i < 1_000; i++) map.set(9, "new")
    expect([map.get(0), map.get(9)]).toEqual(["0", "new"])
  })

  test("deletes an entry of either generation", () => {
    const map = filled(10, 15)
    for (const key of [7, 12]) {
      map.delete(key)
      expect(map.get(key)).toBeUndefined()
    }
  })
})

test("computes the value of a repeated key once", () => {
  const { looks, ask } = counted(10)
  expect(ask("a")).toBe(ask("a"))
  expect(looks).toEqual(["a"])
})

test("a key in constant use is never computed again, whatever the number of other keys", () => {
  const { looks, ask } = counted(10)
  for (let i = 0; i < 1_000; i++) {
    ask("kept")
    ask(`other ${i}`)
  }
  expect(looks.filter((key) => key === "kept")).toHaveLength(1)
})

test("the last `limit` keys are cached, and keys older than twice as many are not", () => {
  const { looks, ask } = counted(10)
  for (let i = 0; i < 100; i++) ask(`${i}`)
  looks.length = 0
  for (let i = 90; i < 100; i++) ask(`${i}`)
  expect(looks).toEqual([])
  ask("79")
  expect(looks).toEqual(["79"])
})

test("fewer long keys are cached than short ones", () => {
  const looks: Array<string> = []
  const ask = remember(
    1_000,
    (key: string) => {
      looks.push(key)
      return { key }
    },
    100
  )
  const long = (n: number) => `${n}`.padStart(20, "0")
  for (let i = 0; i < 11; i++) ask(long(i))
  looks.length = 0
  for (let i = 6; i < 11; i++) ask(long(i))
  expect(looks).toEqual([])
  ask(long(0))
  expect(looks).toEqual([long(0)])
})
