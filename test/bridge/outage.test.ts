/** An outage is one line when it begins and one when it ends, with its duration and its failures by reason. */
import { expect, test } from "bun:test"
import { makeOutage, makeProcessOutages, type OutageOptions } from "../../bridge/outage.ts"
import { outageOnOwnClock } from "../support/outages.ts"

const started = (more: Partial<OutageOptions> = {}) => {
  const clock = outageOnOwnClock()
  return { ...clock, outage: makeOutage({ name: "Redis at a:1", ...clock.options, ...more }) }
}

test("a hundred failures of several operations are two lines, with the first reasons and all numbers", () => {
  const { outage, lines, pass } = started()
  const connection = outage.operation({ isSteady: true })
  const push = outage.operation({ meanwhile: "Events are answered with 503." })
  connection.failed("the server closed the connection", { begins: "Lost Redis at a:1: " })
  for (let i = 0; i < 49; i++) connection.failed("connect ECONNREFUSED")
  for (let i = 0; i < 50; i++) push.failed("Redis at a:1 is not connected: connect ECONNREFUSED (7 times).")
  expect(lines).toEqual([])
  expect(outage.isOpen()).toBe(true)
  pass(20)
  expect(lines).toEqual([
    "warning: Lost Redis at a:1: the server closed the connection; then: connect ECONNREFUSED. Events are answered with 503."
  ])
  connection.worked()
  pass(5)
  expect(lines.slice(1)).toEqual([
    "info: Redis at a:1 works again after 20 s and 100 failures (49 times: connect ECONNREFUSED)."
  ])
  expect(outage.isOpen()).toBe(false)
  expect(outage.totals()).toEqual({ outages: 1, failures: 100 })
})

test("it lasts until everything that failed has worked for two seconds", () => {
  const { outage, lines, pass } = started()
  const [push, claim] = [outage.operation(), outage.operation({ isSteady: true })]
  for (let i = 0; i < 10; i++) {
    push.failed("Redis at a:1: OOM.")
    claim.failed("Redis at a:1: OOM.")
    pass(1)
    push.worked()
    pass(1)
  }
  expect(lines).toEqual(["warning: Redis at a:1 fails: OOM."])
  claim.worked()
  pass(1)
  push.failed("Redis at a:1: OOM.")
  push.worked()
  pass(3)
  expect(lines.slice(1)).toEqual(["info: Redis at a:1 works again after 21 s and 21 failures (21 times: OOM)."])
})

test("what nobody tries again is over after 15 seconds, unless it is steady or ends", () => {
  const { outage, lines, pass } = started()
  outage.operation().failed("no reply in time")
  pass(30)
  expect(lines).toHaveLength(2)
  expect(lines[1]).toBe("info: Redis at a:1 works again after 0 s and 1 failure.")
  const steady = outage.operation({ isSteady: true })
  steady.failed("no reply in time")
  pass(100)
  expect(lines).toHaveLength(3)
  steady.ended()
  pass(3)
  expect(lines).toHaveLength(4)
})

test("a reason that somebody must act on has a line of its own", () => {
  const { outage, lines, pass } = started()
  const connection = outage.operation({ isSteady: true })
  connection.failed("connect ECONNREFUSED")
  pass(5)
  for (let i = 0; i < 9; i++) connection.failed("it refuses the login: WRONGPASS", { isNews: true })
  expect(lines.slice(1)).toEqual(["warning: Redis at a:1: it refuses the login: WRONGPASS."])
})

test("different reasons use bounded memory", () => {
  const { outage, lines, pass } = started()
  const push = outage.operation()
  for (let i = 0; i < 1_000; i++) push.failed(`reason ${i}`)
  push.worked()
  pass(5)
  expect(lines).toEqual([
    "warning: Redis at a:1 fails: reason 0; then: reason 1; then: reason 2.",
    "info: Redis at a:1 works again after 0 s and 1000 failures."
  ])
})

test("what follows from another outage has no line, but what outlasts that outage has one", () => {
  let isExplained = true
  const { outage, lines, pass } = started({ isExplained: () => isExplained, logAfterMs: 3_000 })
  const store = outage.operation()
  store.failed("no answer")
  pass(20)
  store.failed("no answer")
  isExplained = false
  pass(1)
  store.worked()
  pass(10)
  expect(lines).toEqual([])
  // A single failure that is over before the line is due.
  store.failed("no answer")
  pass(1)
  store.worked()
  pass(10)
  expect(lines).toEqual([])
  for (let i = 0; i < 10; i++) {
    store.failed("no answer")
    pass(1)
  }
  store.worked()
  pass(3)
  expect(lines).toHaveLength(2)
  expect(outage.totals()).toEqual({ outages: 4, failures: 13 })
})

test("an outage that is held, or fails only because the connection is reported elsewhere", () => {
  let isHeld = true
  const { outage, lines, pass } = started({ isHeld: () => isHeld })
  const append = outage.operation()
  append.failed(undefined)
  expect(outage.isOpen()).toBe(false)
  append.failed("the topic takes nothing")
  append.worked()
  pass(60)
  expect(lines).toHaveLength(1)
  isHeld = false
  pass(1)
  expect(lines).toHaveLength(2)
})

test("users of a server in one process share its outage", () => {
  const { options } = outageOnOwnClock()
  const outages = makeProcessOutages()
  const queue = outages.of({ name: "Redis at a:1", ...options })
  expect(outages.of({ name: "Redis at a:1", ...options })).toBe(queue)
  expect(outages.of({ name: "Redis at b:1", ...options })).not.toBe(queue)
  expect(outages.isAnyOpen()).toBe(false)
  queue.operation().failed("no")
  expect(outages.isAnyOpen()).toBe(true)
})
