import { expect, test } from "bun:test"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { requestPushes } from "../../../gateway/edge-runtime/request-pushes.ts"

const line = (text: string): ByteString => text as ByteString
const busy = new Failure({ reason: "busy", message: "full" })

test("the lines of one request are one call, and requests are not mixed", async () => {
  const calls: Array<ReadonlyArray<string>> = []
  const { push, hasStored } = requestPushes(async (lines) => {
    calls.push(lines)
    return lines.map(() => undefined)
  })
  const [one, other, idle] = [new Request("http://h/1"), new Request("http://h/2"), new Request("http://h/3")]
  await Promise.all([push(line("a"), one), push(line("b"), one), push(line("c"), other)])
  await push(line("d"), one)
  expect(calls).toEqual([["a", "b"], ["c"], ["d"]])
  expect([one, other, idle].map(hasStored)).toEqual([true, true, false])
})

test("each line has its own outcome; a request has stored when one of its lines was", async () => {
  const { push, hasStored } = requestPushes(async (lines) =>
    lines.map((text) => (text === "a" ? undefined : busy))
  )
  const [half, none] = [new Request("http://h/1"), new Request("http://h/2")]
  const results = await Promise.allSettled([
    push(line("a"), half),
    push(line("b"), half),
    push(line("b"), none)
  ])
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"])
  expect([half, none].map(hasStored)).toEqual([true, false])
})

test("a store that throws fails every line as unavailable", async () => {
  const { push } = requestPushes(() => Promise.reject(new Error("gone")))
  const request = new Request("http://h/")
  const results = await Promise.allSettled([push(line("a"), request), push(line("b"), request)])
  for (const result of results)
    expect(result).toMatchObject({ status: "rejected", reason: { reason: "unavailable" } })
})
