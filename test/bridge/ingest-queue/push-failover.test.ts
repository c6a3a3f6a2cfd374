/** A full queue is one line when it begins and one when a push succeeds again; an unreachable server is logged by its outage. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { failover } from "../../../bridge/ingest-queue/push-failover.ts"
import { full } from "../../../bridge/ingest-queue/push-limits.ts"
import { makeOutage } from "../../../bridge/outage.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { outageOnOwnClock } from "../../support/outages.ts"

test("a hundred pushes to a full queue log two lines", async () => {
  const { options, lines, pass } = outageOnOwnClock()
  const name = "The queue at redis-1:6379"
  let failure: Failure | undefined
  const push = failover([
    {
      address: "redis-1:6379",
      push: () => Effect.suspend(() => (failure === undefined ? Effect.void : Effect.fail(failure))),
      full: makeOutage({ name, ends: `${name} accepts events again`, ...options }).operation()
    }
  ])
  const send = (count: number) =>
    Effect.runPromise(
      Effect.forEach(Array.from({ length: count }), () => Effect.result(push(["line" as ByteString])))
    )
  await send(2)
  failure = new Failure({ reason: "unavailable", message: "Redis at redis-1:6379 is not connected." })
  await send(10)
  pass(5)
  expect(lines).toEqual([])
  failure = full("redis-1:6379", "lines")
  for (let i = 0; i < 10; i++) {
    await send(10)
    pass(1)
  }
  failure = undefined
  await send(1)
  pass(5)
  expect(lines).toEqual([
    "warning: The queue at redis-1:6379 is full: it has reached QUEUE_MAX_LENGTH. Start more drainers, or raise the limit.",
    expect.stringMatching(/^info: The queue at redis-1:6379 accepts events again after 10 s and 100 failures/)
  ])
})
