import { expect, test } from "bun:test"
import { liveTickets, ticketSeconds } from "../../../../actors/viewer/auth/tickets.ts"

test("a ticket is valid once", () => {
  const tickets = liveTickets()
  const [one, other] = [tickets.issue(), tickets.issue()]
  expect(one).not.toBe(other)
  expect(one).toMatch(/^[\w-]{32}$/)
  expect(tickets.redeem(one)).toBe(true)
  expect(tickets.redeem(one)).toBe(false)
  expect(tickets.redeem(other)).toBe(true)
})

test("a ticket is valid for a minute", () => {
  let now = 0
  const tickets = liveTickets(() => now)
  const [early, late] = [tickets.issue(), tickets.issue()]
  now = ticketSeconds * 1_000 - 1
  expect(tickets.redeem(early)).toBe(true)
  now += 1
  expect(tickets.redeem(late)).toBe(false)
})

test("any other text is invalid, and the number of tickets is bounded", () => {
  const tickets = liveTickets()
  const first = tickets.issue()
  for (const text of ["", "x", `${first} `, first.slice(1)]) expect(tickets.redeem(text)).toBe(false)
  for (let n = 0; n < 10_000; n++) tickets.issue()
  expect(tickets.redeem(first)).toBe(false)
})
