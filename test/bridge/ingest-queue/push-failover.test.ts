/** Each reason of failed pushes is logged once, and their number when a push succeeds again. */
import { expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { failover } from "../../../bridge/ingest-queue/push-failover.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure, type FailureReason } from "../../../contracts/failure.ts"

test("an outage of a hundred pushes logs two lines, and one more for each further reason", async () => {
  const lines: Array<string> = []
  let reason: FailureReason | undefined
  let times = 0
  const push = failover([
    {
      address: "redis-1:6379",
      push: () =>
        Effect.suspend(() =>
          reason === undefined
            ? Effect.void
            : Effect.fail(new Failure({ reason, message: `Redis at redis-1:6379: ${reason} ${times++}.` }))
        )
    }
  ])
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  const send = (count: number) =>
    Effect.forEach(Array.from({ length: count }), () => Effect.result(push(["line" as ByteString])))
  await Effect.gen(function* () {
    yield* send(2)
    reason = "unavailable"
    yield* send(50)
    reason = "timeout"
    yield* send(1)
    reason = "unavailable"
    yield* send(49)
    reason = undefined
    yield* send(2)
    reason = "busy"
    yield* send(1)
    reason = undefined
    yield* send(1)
  }).pipe(Effect.provide(Logger.layer([logger])), Effect.runPromise)
  expect(lines).toEqual([
    "A push fails: Redis at redis-1:6379: unavailable 0.",
    "A push fails: Redis at redis-1:6379: timeout 50.",
    "Pushes to redis-1:6379 succeed again; 100 failed.",
    "A push fails: Redis at redis-1:6379: busy 100.",
    "Pushes to redis-1:6379 succeed again; 1 failed."
  ])
})
