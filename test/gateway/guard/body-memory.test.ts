import { expect, test } from "bun:test"
import { bodyMemory } from "../../../gateway/guard/body-memory.ts"

test("memory for bodies is reserved up to its limit, and released once", () => {
  const counted: Array<string> = []
  const room = bodyMemory(100, (reason) => void counted.push(reason))
  const first = room.reserve(60)
  const second = room.reserve(40)
  expect(room.reserve(1)).toBeUndefined()
  expect(counted).toEqual(["bodies"])
  second?.()
  second?.()
  expect(room.reserved()).toBe(60)
  expect(room.reserve(41)).toBeUndefined()
  expect(room.reserve(40)).toBeDefined()
  first?.()
  expect(room.reserved()).toBe(40)
  room.reserve(Number.NaN)
  room.reserve(-5)
  expect(room.reserved()).toBe(40)
})
