/** What is remembered is bounded, and what is asked for stays. */
import { expect, test } from "bun:test"
import { remember } from "../../bridge/bounded-cache.ts"

const counted = (limit: number) => {
  const looks: Array<string> = []
  const ask = remember(limit, (key: string) => {
    looks.push(key)
    return { key }
  })
  return { looks, ask }
}

test("looks once for a key that is asked for again", () => {
  const { looks, ask } = counted(10)
  expect(ask("a")).toBe(ask("a"))
  expect(looks).toEqual(["a"])
})

test("a key that is asked for again and again is never looked up again, however many others come", () => {
  const { looks, ask } = counted(10)
  for (let i = 0; i < 1_000; i++) {
    ask("kept")
    ask(`other ${i}`)
  }
  expect(looks.filter((key) => key === "kept")).toHaveLength(1)
})

test("the last `limit` keys are remembered and those before twice as many are not", () => {
  const { looks, ask } = counted(10)
  for (let i = 0; i < 100; i++) ask(`${i}`)
  looks.length = 0
  for (let i = 90; i < 100; i++) ask(`${i}`)
  expect(looks).toEqual([])
  ask("79")
  expect(looks).toEqual(["79"])
})

test("long keys are remembered in fewer", () => {
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
