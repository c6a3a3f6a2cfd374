/** The log is unhealthy for a fixed time after a failed append, even when the system time is set back. */
import { expect, test } from "bun:test"
import { Clock, Effect, Exit } from "effect"
import { makeAppendHealth, unhealthyForMs } from "../../../actors/bridge/append-health.ts"
import { Failure } from "../../../contracts/failure.ts"

const hour = 3_600_000
const failed = new Failure({ reason: "unavailable", message: "no" })

/** The system time and the monotonic time; both in milliseconds. */
const clockOf = (time: { day: number; steady: number }) => ({
  ...Clock.Clock.defaultValue(),
  currentTimeMillisUnsafe: () => time.day,
  currentTimeMillis: Effect.sync(() => time.day),
  monotonicTimeNanosUnsafe: () => BigInt(time.steady) * 1_000_000n,
  monotonicTimeNanos: Effect.sync(() => BigInt(time.steady) * 1_000_000n)
})

test("a system time that is set back does not prolong it", async () => {
  const time = { day: 10 * hour, steady: 5 }
  const doubt = makeAppendHealth()
  const isFree = (): Promise<boolean> =>
    Effect.runPromise(
      Effect.provideService(Effect.exit(doubt.check), Clock.Clock, clockOf(time)).pipe(
        Effect.map(Exit.isSuccess)
      )
    )
  expect(await isFree()).toBe(true)
  await Effect.runPromise(
    Effect.provideService(Effect.exit(doubt.observe(Effect.fail(failed))), Clock.Clock, clockOf(time))
  )
  expect(await isFree()).toBe(false)
  time.day -= hour
  time.steady += unhealthyForMs - 1
  expect(await isFree()).toBe(false)
  time.steady += 1
  expect(await isFree()).toBe(true)
})
