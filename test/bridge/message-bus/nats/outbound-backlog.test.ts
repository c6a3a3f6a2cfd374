/** The backlog of a connection, with a server whose replies the test controls. */
import { expect, test } from "bun:test"
import { makeBacklog } from "../../../../bridge/message-bus/nats/outbound-backlog.ts"
import { eventually } from "../../../support/eventually.ts"

const mebi = 1024 * 1024

test("the backlog is over its limit only until the server has received it", async () => {
  let sent = 5 * mebi
  const flushes: Array<PromiseWithResolvers<void>> = []
  const isBacklogged = makeBacklog(
    () => sent,
    () => {
      const flush = Promise.withResolvers<void>()
      flushes.push(flush)
      return flush.promise
    }
  )
  expect(isBacklogged()).toBe(false)
  expect(flushes.length).toBe(0)
  sent += mebi
  expect(isBacklogged()).toBe(false)
  sent += 8 * mebi
  expect(isBacklogged()).toBe(true)
  expect(flushes.length).toBe(1)
  flushes[0]?.resolve()
  await eventually("less on its way", () => !isBacklogged())
  flushes[1]?.reject(new Error("the connection was lost"))
  sent += mebi
  await eventually("asked again after a failure", () => {
    isBacklogged()
    return flushes.length > 2
  })
})
