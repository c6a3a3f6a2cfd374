import { expect, test } from "bun:test"
import { addRecord, emptyInterval, merged } from "../../../../actors/viewer/history/interval.ts"

const recordOf = (value: string) => ({
  offset: "0",
  timestamp: 0,
  key: undefined,
  value: new TextEncoder().encode(value),
  headers: {}
})

const intervalOf = (values: ReadonlyArray<string>) => {
  const interval = emptyInterval()
  for (const value of values) addRecord(interval, recordOf(value))
  return interval
}

test("records of both dialects and unreadable ones are counted", () => {
  const { all, types, countries, devices } = intervalOf([
    "app_open type=Mobile&klag=5&country=DE e",
    "/t/app_open bot_name&country&device=tablet&device_name&ip=1&klag=1&platform=ios&ts=1 p",
    "/t/app_open bot_name=Googlebot&country=US&device&device_name&ip=1&klag=1&platform&ts=1 p",
    "secret@example.org"
  ])
  expect(all).toBe(4)
  expect([...types]).toEqual([
    ["app_open", 3],
    ["(unreadable)", 1]
  ])
  expect([...countries].toSorted()).toEqual([
    ["(unknown)", 2],
    ["DE", 1],
    ["US", 1]
  ])
  expect([...devices].toSorted()).toEqual([
    ["(unknown)", 1],
    ["Bot", 1],
    ["Mobile", 1],
    ["Tablet", 1]
  ])
})

test("names are shortened, and their number is bounded", () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `${n}${"x".repeat(10_000)}`)
  const { types } = intervalOf(names.map((name) => `${name} type=Mobile e`))
  expect(types.size).toBe(101)
  expect(types.get("(other)")).toBe(900)
  expect(Math.max(...Array.from(types.keys(), (name) => name.length))).toBe(100)
})

test("merged intervals have the sums", () => {
  const one = intervalOf(["a type=Mobile&klag=5 e"])
  const whole = merged([one, intervalOf(["a type=Mobile&klag=5 e", "b type=Mobile e"])])
  expect(whole.all).toBe(3)
  expect([...whole.types]).toEqual([
    ["a", 2],
    ["b", 1]
  ])
  expect(whole.klag.get("sum")).toBe(10)
  expect(one.all).toBe(1)
})
