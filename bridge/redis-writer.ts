/**
 * Scripts that change data on Redis, each carried out in time or not at all. A connection that was given up may still
 * deliver what was sent on it: the kernel or a proxy keeps the bytes. So every call carries two things by which the
 * server refuses it, in the same atomic step that would have done the work:
 * - the writer's epoch. Each writer (one for each connection and place) has a key that holds the epoch it is in. After
 *   any call whose outcome is unknown it goes on to the next epoch before it sends anything else; whatever it sent
 *   before is refused from then on.
 * - a deadline by the server's own clock, which the writer learns with each epoch: when the caller has stopped waiting,
 *   the server no longer begins the work, as after it was frozen.
 * A writer lives as long as its scope. Its key expires by itself; a call that finds no key is refused, and sent again
 * in a new epoch.
 */
import { Effect, Exit, Fiber, Schedule, type Scope } from "effect"
import { bytesOf } from "../contracts/event.ts"
import { Failure } from "../contracts/failure.ts"
import type { RedisConnection, Reply } from "./redis.ts"
import type { BytesScript, Script, ScriptAnd } from "./redis-script.ts"

/** How long a writer's key lives after it was last set, milliseconds. */
const keyLife = 600_000

/**
 * How long what is known of the server's clock is used, milliseconds, and when it is asked for again meanwhile: within
 * a minute the clocks of two machines drift apart by some milliseconds at most.
 */
const [clockLife, clockAsked] = [60_000, 30_000]

const raiseScript = `
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if known > tonumber(ARGV[1]) then return -1 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * Runs before the script and takes away its own key and arguments, the last ones. Where it ends the script, nothing was
 * done.
 */
const guard = `
local writer_deadline, writer_epoch, writer_key = table.remove(ARGV), table.remove(ARGV), table.remove(KEYS)
if redis.call('GET', writer_key) ~= writer_epoch then return 'FENCED' end
local writer_time = redis.call('TIME')
if writer_time[1] * 1000 + math.floor(writer_time[2] / 1000) > tonumber(writer_deadline) then return 'LATE' end
`

/** The script as a writer sends it. */
export const guarded = (lua: string): string => guard + lua

/** The scripts of a connection (redis.ts), refused by the server once they are given up or sent again. */
export interface RedisWriter {
  readonly script: (lua: string) => Script
  readonly bytesScript: (lua: string) => BytesScript
  /** As `scriptAnd` of the connection; given up after `limit` milliseconds. */
  readonly scriptAnd: (
    lua: string
  ) => (...call: [...Parameters<ScriptAnd>, limit: number]) => ReturnType<ScriptAnd>
}

/** What a call carries: the epoch, and the time on the server's clock after which it is not to be begun. */
type Guarded<A> = (key: string, epoch: string, deadline: string) => Effect.Effect<A, Failure>

/**
 * A writer whose key begins with `prefix`; on a cluster the prefix must have the slot of the data. It lives as long as
 * `scope`; `timeout` is how long the connection waits for an answer, milliseconds. Calls fail with `unavailable` when the server refused them.
 */
export const makeWriter = (
  connection: RedisConnection,
  prefix: string,
  scope: Scope.Scope,
  timeout = 5000
): RedisWriter => {
  const key = `${prefix}:writer:${crypto.randomUUID().replaceAll("-", "")}`
  const raise = connection.script(raiseScript)
  /** `confirmed`: the epoch that the server is known to hold; 0 while an earlier call may still be on its way. */
  const state = { epoch: 0, confirmed: 0, serverTime: 0, learned: Number.NEGATIVE_INFINITY }
  const age = (): number => performance.now() - state.learned
  const isSettled = (): boolean => state.confirmed === state.epoch && age() < clockLife
  let settling: Fiber.Fiber<void, Failure> | undefined
  let isRefreshing = false

  /** Tells the server the epoch and learns its time. False when the server knows of a later epoch. */
  const ask = (epoch: number): Effect.Effect<boolean, Failure> =>
    Effect.map(raise([key], [epoch, keyLife]), (reply) => {
      if (typeof reply !== "number" || reply < 0) return false
      state.serverTime = reply
      state.learned = performance.now()
      return true
    })

  const nextEpoch = Effect.suspend(() => {
    state.epoch += 1
    const { epoch } = state
    return Effect.map(ask(epoch), (isRaised) => {
      if (isRaised) state.confirmed = epoch
    })
  })

  /**
   * Returns once no earlier call of unknown outcome can be carried out any more; whoever asks meanwhile waits for the
   * same answer. Fails with `unavailable`, since nothing of the call itself was sent.
   */
  const settle: Effect.Effect<void, Failure> = Effect.suspend(() => {
    if (settling !== undefined) return Fiber.join(settling)
    const done = Effect.sync(() => {
      settling = undefined
    })
    return Effect.flatMap(Effect.forkIn(Effect.ensuring(nextEpoch, done), scope), (fiber) => {
      if (fiber.pollUnsafe() === undefined) settling = fiber
      return Fiber.join(fiber)
    })
  }).pipe(Effect.mapError(({ message }) => new Failure({ reason: "unavailable", message })))

  /** Goes on to the next epoch in the background, so that what was given up is refused soon, also when nothing else is sent. */
  const doubt = (epoch: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (state.confirmed !== epoch) return Effect.void
      state.confirmed = 0
      const insist = Effect.retry(settle, { schedule: Schedule.spaced("500 millis"), times: 120 })
      return Effect.asVoid(Effect.forkIn(Effect.ignore(insist), scope))
    })

  const refresh = Effect.suspend(() => {
    if (isRefreshing) return Effect.void
    isRefreshing = true
    const done = Effect.sync(() => {
      isRefreshing = false
    })
    return Effect.asVoid(Effect.forkIn(Effect.ensuring(Effect.ignore(ask(state.epoch)), done), scope))
  })

  const send = <A>(
    call: Guarded<A>,
    limit: number,
    replyIn: (answer: A) => Reply
  ): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const epoch = state.confirmed
      const deadline = Math.floor(state.serverTime + age() + limit)
      return call(key, String(epoch), String(deadline)).pipe(
        Effect.onExit((exit) => (isUnclear(exit) ? doubt(epoch) : Effect.void)),
        Effect.flatMap((answer) =>
          isRefused(replyIn(answer))
            ? Effect.andThen(doubt(epoch), Effect.fail(refused(connection)))
            : Effect.succeed(answer)
        )
      )
    })

  const inTime = <A>(
    call: Guarded<A>,
    limit: number,
    replyIn: (answer: A) => Reply
  ): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const begun = performance.now()
      const left = (): number => begun + limit - performance.now()
      const sendSettled = Effect.suspend(() => send(call, Math.max(1, left()), replyIn))
      const attempt = Effect.suspend(() => {
        if (!isSettled()) return Effect.andThen(within(settle, Math.max(1, left()), connection), sendSettled)
        return age() < clockAsked ? sendSettled : Effect.andThen(refresh, sendSettled)
      })
      return Effect.catchIf(
        attempt,
        (failure) => failure instanceof Refused && left() > 0,
        () => attempt
      )
    })

  return {
    script: (lua) => {
      const run = connection.script(guarded(lua))
      return (keys, args) =>
        inTime((own, epoch, deadline) => run([...keys, own], [...args, epoch, deadline]), timeout, itself)
    },
    bytesScript: (lua) => {
      const run = connection.bytesScript(guarded(lua))
      return (keys, args, limit) =>
        inTime(
          (own, epoch, deadline) => run([...keys, own], [...args, bytesOf(epoch), bytesOf(deadline)], limit),
          limit,
          itself
        )
    },
    scriptAnd: (lua) => {
      const run = connection.scriptAnd(guarded(lua))
      return (keys, args, behind, limit) =>
        inTime(
          (own, epoch, deadline) => run([...keys, own], [...args, epoch, deadline], behind),
          limit,
          ([reply]) => reply
        )
    }
  }
}

const itself = (reply: Reply): Reply => reply

/** The server has refused the call before it did anything. */
class Refused extends Failure {}

const refused = ({ address }: RedisConnection): Failure =>
  new Refused({
    reason: "unavailable",
    message: `Redis at ${address}: the command came too late and was refused.`
  })

const isRefused = (reply: Reply): boolean =>
  reply instanceof Uint8Array && reply.length <= 6 && /^(FENCED|LATE)$/.test(reply.toString())

const within = (
  settle: Effect.Effect<void, Failure>,
  limit: number,
  { address }: RedisConnection
): Effect.Effect<void, Failure> =>
  Effect.timeoutOrElse(settle, {
    duration: limit,
    orElse: () =>
      Effect.fail(new Failure({ reason: "unavailable", message: `Redis at ${address}: no answer in time.` }))
  })

/** May the call be carried out later, or already have been? Whoever stops waiting cannot know. */
const isUnclear = (exit: Exit.Exit<unknown, Failure>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => (reason._tag === "Fail" ? reason.error.ambiguous : true))
