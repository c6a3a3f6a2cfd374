/** The log of a connection's state: one line when it is lost and one when it is back, with the reasons and their numbers. */
import { expect, test } from "bun:test"
import { makeConnectionState, reasonOf } from "../../bridge/connection-state.ts"
import { makeOutage } from "../../bridge/outage.ts"
import { outageOnOwnClock } from "../support/outages.ts"

const started = () => {
  const { options, lines, pass } = outageOnOwnClock()
  const outage = makeOutage({ name: "Redis at a:1", ...options })
  const state = makeConnectionState("Redis at a:1", outage, options.log)
  return { state, lines, pass }
}

test("a loss is one line with its reason, and repetitions are counted", () => {
  const { state, lines, pass } = started()
  expect(state.absence()).toBe("Redis at a:1 is not connected yet.")
  state.up()
  state.up()
  for (let i = 0; i < 71; i++) state.down("it refuses the login")
  expect(state.isUp()).toBe(false)
  expect(state.absence()).toBe("Redis at a:1 is not connected: it refuses the login (71 times).")
  pass(32)
  state.up()
  pass(3)
  expect(lines).toEqual([
    "warning: Lost Redis at a:1: it refuses the login.",
    "info: Redis at a:1 works again after 32 s and 71 failures (71 times: it refuses the login)."
  ])
})

test("the reasons of an outage are in its lines, those of the next one are its own", () => {
  const { state, lines, pass } = started()
  for (let i = 0; i < 5; i++) {
    state.down("refused")
    state.down("timed out")
  }
  expect(state.absence()).toBe("Redis at a:1 is not connected: timed out (5 times).")
  pass(3)
  state.up()
  pass(3)
  state.down("refused")
  expect(state.absence()).toBe("Redis at a:1 is not connected: refused.")
  pass(1)
  state.up()
  pass(3)
  expect(lines).toEqual([
    "warning: No connection to Redis at a:1: refused; then: timed out.",
    "info: Redis at a:1 works again after 3 s and 10 failures (5 times: refused; 5 times: timed out).",
    "warning: Lost Redis at a:1: refused.",
    "info: Redis at a:1 works again after 1 s and 1 failure."
  ])
})

test("a connection that is closed while it is down logs no success", () => {
  const { state, lines, pass } = started()
  state.down("refused")
  pass(5)
  state.close()
  expect(state.isUp()).toBe(false)
  expect(lines).toHaveLength(1)
})

test("every error has a reason", () => {
  expect(reasonOf(new Error("no"))).toBe("no")
  expect(reasonOf("no")).toBe("no")
  expect(reasonOf(Object.assign(new Error(""), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED")
  expect(reasonOf(new AggregateError([new Error("no"), new Error("never"), new Error("no")]))).toBe(
    "no, never"
  )
})
