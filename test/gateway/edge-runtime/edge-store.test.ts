/** Batching, retries and the deadline of the store of the edge, against a centre that fails as told. */
import { expect, test } from "bun:test"
import type { EdgeCentre } from "../../../bridge/edge-centre/service.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure, type FailureReason } from "../../../contracts/failure.ts"
import type { PushedLines } from "../../../contracts/messages/pushed-lines.ts"
import { edgeStore } from "../../../gateway/edge-runtime/edge-store.ts"
import { KvLines } from "../../../gateway/edge-runtime/kv-lines.ts"
import { memoryKv, U64 } from "./memory-kv.ts"

const line = (text: string): ByteString => text as ByteString

/** A store of the edge whose centre fails with these reasons, one per attempt, and then takes everything. */
const edge = (ack: "centre" | "edge", failing: Array<FailureReason> = [], pushTimeoutMs = 5_000) => {
  const attempts: Array<PushedLines> = []
  const logged: Array<string> = []
  let wakes = 0
  const centre: EdgeCentre = {
    address: "centre",
    push: async (pushed) => {
      attempts.push(pushed)
      const reason = failing.shift()
      if (reason !== undefined) throw new Failure({ reason, message: `no: ${reason}` })
    }
  }
  const store = edgeStore({
    ack,
    centre,
    defaultTopic: undefined,
    pushTimeoutMs,
    store: new KvLines(memoryKv(), (value) => new U64(value), 1_000_000),
    wake: async () => {
      wakes += 1
    },
    log: (level, message) => void logged.push(`${level} ${message}`)
  })
  return { store, attempts, logged, wakes: () => wakes }
}

test("lines of concurrent requests travel together", async () => {
  const { store, attempts } = edge("centre")
  await Promise.all([store.push([line("a"), line("b")]), store.push([line("c")]), store.push([line("d")])])
  expect(attempts.map(({ lines }) => lines)).toEqual([["a", "b", "c", "d"].map(line)])
  expect(await store.figures()).toMatchObject({ delivered: 4, failures: 0, problem: undefined })
})

test("a retry has the same id and lines; the log says when the centre goes away and is back", async () => {
  const { store, attempts, logged } = edge("centre", ["no-responders", "timeout"])
  expect(await store.push([line("a")])).toEqual([undefined])
  expect(attempts).toHaveLength(3)
  expect(new Set(attempts.map(({ id }) => id)).size).toBe(1)
  expect(logged).toEqual([
    "WARN The centre takes no lines: no: no-responders",
    "INFO The centre takes lines again."
  ])
})

test("after the deadline, or a failure that a retry cannot help, each line has the failure", async () => {
  const late = edge(
    "centre",
    Array.from({ length: 99 }, () => "unavailable" as const),
    250
  )
  const failures = await late.store.push([line("a"), line("b")])
  expect(failures.map((failure) => failure?.reason)).toEqual(["unavailable", "unavailable"])
  expect(late.attempts.length).toBeGreaterThan(1)
  const final = edge("centre", ["too-large"])
  expect((await final.store.push([line("a")])).map((failure) => failure?.reason)).toEqual(["unavailable"])
  expect(final.attempts).toHaveLength(1)
})

test("pushes that fail do not wait for each other: lines that wait fail with the push before them", async () => {
  const { store } = edge(
    "centre",
    Array.from({ length: 99 }, () => "unavailable" as const),
    150
  )
  const first = store.push([line("a")])
  await new Promise((resolve) => setTimeout(resolve, 20))
  const results = await Promise.all([first, store.push([line("b")])])
  expect(results.flat().map((failure) => failure?.reason)).toEqual(["unavailable", "unavailable"])
})

test("stored lines are forwarded when asked, under an id that outlives failures", async () => {
  const { store, attempts, wakes } = edge("edge", ["unavailable", "timeout"])
  expect(await store.push([line("a"), line("b")])).toEqual([undefined, undefined])
  expect(wakes()).toBe(1)
  expect(attempts).toEqual([])
  const first = await store.forward()
  const second = await store.forward()
  expect(first).toBeGreaterThan(300)
  expect(second).toBeGreaterThan(first ?? 0)
  await store.push([line("c")])
  expect(await store.forward()).toBeUndefined()
  expect(attempts.map(({ lines }) => lines.join())).toEqual(["a,b", "a,b", "a,b", "c"])
  expect(new Set(attempts.map(({ id }) => id)).size).toBe(2)
  expect(await store.figures()).toMatchObject({ lines: 0, bytes: 0, delivered: 3, failures: 2 })
})

test("a line that no message could carry is refused, and the others are taken", async () => {
  const { store, attempts } = edge("centre")
  const failures = await store.push([line("a"), line("x".repeat(400_000)), line("b")])
  expect(failures.map((failure) => failure?.reason)).toEqual([undefined, "too-large", undefined])
  expect(attempts.map(({ lines }) => lines)).toEqual([["a", "b"].map(line)])
})

test("lines over the limit of the store are refused as busy", async () => {
  const { store } = edge("edge")
  const failures = await store.push(Array.from({ length: 30 }, () => line("x".repeat(50_000))))
  expect(failures.some((failure) => failure?.reason === "busy")).toBe(true)
  expect(failures.some((failure) => failure === undefined)).toBe(true)
})
