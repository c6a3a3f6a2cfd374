/**
 * The epoch of a writer (writer.ts), and its knowledge of the server's clock. After every call with an unknown outcome it
 * moves to the next epoch, and registers it at the server before anything else is sent. It lives as long as its scope.
 */
import { Effect, Fiber, Schedule, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { RedisConnection } from "./connection.ts"

/** Expiry of a writer's key after it was last set, milliseconds. */
const keyTtlMs = 600_000

/**
 * The age at which the reading of the server's clock expires, and the age at which it is read again: within a minute the
 * clocks of two machines drift apart by a few milliseconds at most.
 */
const [clockTtlMs, clockRefreshMs] = [60_000, 30_000]

/** KEYS: the writer's key · ARGV: epoch, expiry of the key · returns the server's time, milliseconds; -1 for an outdated epoch. */
const raiseScript = `
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if known > tonumber(ARGV[1]) then return -1 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)
`

export interface RedisEpoch {
  /** The epoch of calls from now on; valid only once it is settled. */
  readonly current: () => number
  /** True when the server of this login has the epoch, and the reading of its clock has not expired. */
  readonly isSettled: () => boolean
  /** The server's time that many milliseconds from now, never later than its real time then. */
  readonly timeIn: (milliseconds: number) => number
  /**
   * Returns once no earlier call with an unknown outcome can be applied any more. Fails with `unavailable` when the server
   * cannot be reached; a call that waits for this was not sent.
   */
  readonly settle: Effect.Effect<void, Failure>
  /** Ends the epoch, in which a call may be applied late; the next one is registered even when nothing else is sent. */
  readonly invalidate: (epoch: number) => Effect.Effect<void>
  /** Reads the server's clock again in the background when that is due. */
  readonly refreshClock: Effect.Effect<void>
}

/** The epoch of the writer with that key. */
export const makeEpoch = (connection: RedisConnection, key: string, scope: Scope.Scope): RedisEpoch => {
  const raise = connection.script(raiseScript)
  /** `confirmed`: the epoch that the server has; 0 while an earlier call may still arrive. `logins`: when it was confirmed. */
  const state = { epoch: 0, confirmed: 0, logins: 0, serverTime: 0, readAt: Number.NEGATIVE_INFINITY }
  const age = (): number => performance.now() - state.readAt
  // After a login the server may be another one, such as a promoted replica: with an older epoch and a clock of its own.
  const isSettled = (): boolean =>
    state.confirmed === state.epoch && state.logins === connection.logins() && age() < clockTtlMs

  /** Registers the epoch at the server and reads its time. False when the server has a later epoch. */
  const register = (epoch: number): Effect.Effect<boolean, Failure> =>
    Effect.map(raise([key], [epoch, keyTtlMs]), (reply) => {
      if (typeof reply !== "number" || reply < 0) return false
      state.serverTime = reply
      state.readAt = performance.now()
      return true
    })

  const next = Effect.suspend(() => {
    state.epoch += 1
    const { epoch } = state
    const logins = connection.logins()
    return Effect.map(register(epoch), (isRegistered) => {
      if (!isRegistered) return
      state.confirmed = epoch
      state.logins = logins
    })
  })
  const settle = Effect.mapError(
    shared(next, scope),
    ({ message }) => new Failure({ reason: "unavailable", message })
  )
  const refresh = shared(
    Effect.suspend(() => Effect.asVoid(register(state.epoch))),
    scope
  )

  return {
    current: () => state.confirmed,
    isSettled,
    timeIn: (milliseconds) => Math.floor(state.serverTime + age() + milliseconds),
    settle,
    invalidate: (epoch) =>
      Effect.suspend(() => {
        if (state.confirmed !== epoch) return Effect.void
        state.confirmed = 0
        const repeated = Effect.retry(settle, { schedule: Schedule.spaced("500 millis"), times: 120 })
        return Effect.asVoid(Effect.forkIn(Effect.ignore(repeated), scope))
      }),
    refreshClock: Effect.suspend(() =>
      age() < clockRefreshMs ? Effect.void : Effect.asVoid(Effect.forkIn(Effect.ignore(refresh), scope))
    )
  }
}

/** The work, run once for all concurrent callers; it continues when one of them stops waiting. */
const shared = (work: Effect.Effect<void, Failure>, scope: Scope.Scope): Effect.Effect<void, Failure> => {
  let running: Fiber.Fiber<void, Failure> | undefined
  const done = Effect.sync(() => {
    running = undefined
  })
  return Effect.suspend(() => {
    if (running !== undefined) return Fiber.join(running)
    return Effect.flatMap(Effect.forkIn(Effect.ensuring(work, done), scope), (fiber) => {
      if (fiber.pollUnsafe() === undefined) running = fiber
      return Fiber.join(fiber)
    })
  })
}
