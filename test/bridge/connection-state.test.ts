/** The log of a connection's state: each change once with its reason; repeated reasons are counted. */
import { expect, test } from "bun:test"
import { makeConnectionState, reasonOf } from "../../bridge/connection-state.ts"

const started = () => {
  const lines: Array<string> = []
  let time = 0
  const state = makeConnectionState(
    "Redis at a:1",
    (level, message) => void lines.push(`${level}: ${message}`),
    () => time
  )
  const pass = (seconds: number): void => {
    time += seconds * 1000
  }
  return { state, lines, pass }
}

test("a change is logged once with its reason, and repetitions are counted", () => {
  const { state, lines, pass } = started()
  expect(state.absence()).toBe("Redis at a:1 is not connected yet.")
  state.up()
  state.up()
  for (let i = 0; i < 71; i++) state.down("it refuses the login")
  expect(state.isUp()).toBe(false)
  expect(state.absence()).toBe("Redis at a:1 is not connected: it refuses the login (71 times).")
  pass(32)
  state.up()
  expect(lines).toEqual([
    "debug: Connected to Redis at a:1.",
    "warning: Lost Redis at a:1: it refuses the login. Connecting again.",
    "info: Connected to Redis at a:1 again after 32 s and 71 failures (71 times: it refuses the login)."
  ])
})

test("each reason of an outage is logged once, in any order, and again in the next outage", () => {
  const { state, lines, pass } = started()
  for (let i = 0; i < 5; i++) {
    state.down("refused")
    state.down("timed out")
  }
  expect(state.absence()).toBe("Redis at a:1 is not connected: timed out (5 times).")
  pass(3)
  state.up()
  state.down("refused")
  pass(1)
  state.up()
  expect(lines).toEqual([
    "warning: No connection to Redis at a:1: refused. Trying again.",
    "warning: No connection to Redis at a:1: timed out. Trying again.",
    "info: Connected to Redis at a:1 after 3 s and 10 failures (5 times: refused; 5 times: timed out).",
    "warning: Lost Redis at a:1: refused. Connecting again.",
    "info: Connected to Redis at a:1 again after 1 s."
  ])
})

test("an outage with many different reasons uses bounded memory and log lines", () => {
  const { state, lines } = started()
  for (let i = 0; i < 1_000; i++) state.down(`reason ${i}`)
  expect(lines.length).toBe(8)
  state.up()
  expect(lines.at(-1)).toContain("after 0 s and 1000 failures.")
})

test("every error has a reason", () => {
  expect(reasonOf(new Error("no"))).toBe("no")
  expect(reasonOf("no")).toBe("no")
  expect(reasonOf(Object.assign(new Error(""), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED")
  expect(reasonOf(new AggregateError([new Error("no"), new Error("never"), new Error("no")]))).toBe(
    "no, never"
  )
})
