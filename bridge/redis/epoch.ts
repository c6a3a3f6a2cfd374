/**
 * The epoch that a writer is in (redis-writer.ts), and what it knows of the server's clock. It goes on to the next epoch
 * after every call whose outcome is unknown, and tells the server before anything else is sent. It lives as long as its
 * scope.
 */
import { Effect, Fiber, Schedule, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { RedisConnection } from "./connection.ts"

/** How long a writer's key lives after it was last set, milliseconds. */
const keyLife = 600_000

/**
 * How long what is known of the server's clock is used, milliseconds, and when it is asked for again meanwhile: within
 * a minute the clocks of two machines drift apart by some milliseconds at most.
 */
const [clockLife, clockAsked] = [60_000, 30_000]

/** KEYS the writer's · ARGV epoch, how long the key lives · the server's time, milliseconds; -1 when it knows of a later epoch. */
const raiseScript = `
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if known > tonumber(ARGV[1]) then return -1 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)
`

export interface RedisEpoch {
  /** The epoch of whatever is sent now; only once it is settled. */
  readonly current: () => number
  /** Does the server know the epoch, and is its clock known well enough? */
  readonly isSettled: () => boolean
  /** The server's time in so many milliseconds from now, at the most as it will really be then. */
  readonly timeIn: (milliseconds: number) => number
  /**
   * Returns once no earlier call of unknown outcome can be carried out any more. Fails with `unavailable` when the server
   * cannot be told: nothing of a call that waits for this was sent.
   */
  readonly settle: Effect.Effect<void, Failure>
  /** What was sent in that epoch may be carried out later: goes on to the next one, also when nothing else is sent. */
  readonly doubt: (epoch: number) => Effect.Effect<void>
  /** Asks for the server's clock again when that is due, beside everything else. */
  readonly keepTime: Effect.Effect<void>
}

/** The epoch of the writer with that key. */
export const makeEpoch = (connection: RedisConnection, key: string, scope: Scope.Scope): RedisEpoch => {
  const raise = connection.script(raiseScript)
  /** `confirmed`: the epoch that the server is known to hold; 0 while an earlier call may still be on its way. */
  const state = { epoch: 0, confirmed: 0, serverTime: 0, learned: Number.NEGATIVE_INFINITY }
  const age = (): number => performance.now() - state.learned
  const isSettled = (): boolean => state.confirmed === state.epoch && age() < clockLife

  /** Tells the server the epoch and learns its time. False when the server knows of a later epoch. */
  const tell = (epoch: number): Effect.Effect<boolean, Failure> =>
    Effect.map(raise([key], [epoch, keyLife]), (reply) => {
      if (typeof reply !== "number" || reply < 0) return false
      state.serverTime = reply
      state.learned = performance.now()
      return true
    })

  const next = Effect.suspend(() => {
    state.epoch += 1
    const { epoch } = state
    return Effect.map(tell(epoch), (isTold) => {
      if (isTold) state.confirmed = epoch
    })
  })
  const settle = Effect.mapError(
    oneForAll(next, scope),
    ({ message }) => new Failure({ reason: "unavailable", message })
  )
  const retell = oneForAll(
    Effect.suspend(() => Effect.asVoid(tell(state.epoch))),
    scope
  )

  return {
    current: () => state.confirmed,
    isSettled,
    timeIn: (milliseconds) => Math.floor(state.serverTime + age() + milliseconds),
    settle,
    doubt: (epoch) =>
      Effect.suspend(() => {
        if (state.confirmed !== epoch) return Effect.void
        state.confirmed = 0
        const insist = Effect.retry(settle, { schedule: Schedule.spaced("500 millis"), times: 120 })
        return Effect.asVoid(Effect.forkIn(Effect.ignore(insist), scope))
      }),
    keepTime: Effect.suspend(() =>
      age() < clockAsked ? Effect.void : Effect.asVoid(Effect.forkIn(Effect.ignore(retell), scope))
    )
  }
}

/** The work, done once for all who ask while it is under way; it goes on when one of them stops waiting. */
const oneForAll = (work: Effect.Effect<void, Failure>, scope: Scope.Scope): Effect.Effect<void, Failure> => {
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
