/**
 * Scripts that change data on Redis, each applied in time or not at all. An abandoned connection may still deliver what was
 * sent on it, from buffers of the kernel or a proxy. So every call has two arguments by which the server refuses it, in
 * the same atomic step that would do the work:
 * - the writer's epoch. Each writer (one for each connection and slot) has a key with its current epoch. After a call with
 *   an unknown outcome it moves to the next epoch before it sends anything else; earlier calls are refused from then on.
 * - a deadline by the server's clock, which the writer reads with each epoch: when the caller has stopped waiting, the
 *   server does not begin the work, for example after it was suspended.
 * A writer lives as long as its scope. Its key expires; a call that finds no key is refused, and sent again in a new
 * epoch.
 */
import { Effect, Exit, type Scope } from "effect"
import { bytesOf } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import type { RedisConnection, Reply } from "./connection.ts"
import { makeEpoch } from "./epoch.ts"
import type { BytesScript, Script, ScriptAnd } from "./types.ts"

/**
 * Runs before the script and removes its own key and arguments, which are the last ones. When it ends the script, nothing
 * was done.
 */
const guard = `
local writer_deadline, writer_epoch, writer_key = table.remove(ARGV), table.remove(ARGV), table.remove(KEYS)
if redis.call('GET', writer_key) ~= writer_epoch then return 'FENCED' end
local writer_time = redis.call('TIME')
if writer_time[1] * 1000 + math.floor(writer_time[2] / 1000) > tonumber(writer_deadline) then return 'LATE' end
`

/** The script with the guard, as a writer sends it. */
export const guarded = (lua: string): string => guard + lua

/** Scripts of a connection, which the server refuses once they are abandoned or superseded. */
export interface RedisWriter {
  readonly script: (lua: string) => Script
  readonly bytesScript: (lua: string) => BytesScript
  /** Like `scriptAnd` of the connection; abandoned after `timeoutMs`. */
  readonly scriptAnd: (
    lua: string
  ) => (...call: [...Parameters<ScriptAnd>, timeoutMs: number]) => ReturnType<ScriptAnd>
}

/** Sends the call with the writer's key, its epoch, and the server's time until which the work may begin. */
type Call<A> = (key: string, epoch: string, deadline: string) => Effect.Effect<A, Failure>

interface Guarded<A> {
  readonly call: Call<A>
  /** The script's own reply. */
  readonly replyIn: (result: A) => Reply
}

/**
 * A writer whose key begins with `prefix`; on a cluster the prefix must be in the slot of the data. It lives as long as
 * `scope`; `timeoutMs` is the connection's timeout of a reply. Calls fail with `unavailable` when the server refused them.
 *
 * @example
 * const writer = makeWriter(connection, "{click_queue}", yield* Effect.scope)
 * const push = writer.script("return redis.call('RPUSH', KEYS[1], ARGV[1])")
 * yield* push(["click_queue"], ["line"])
 */
export const makeWriter = (
  connection: RedisConnection,
  prefix: string,
  scope: Scope.Scope,
  timeoutMs = 5000
): RedisWriter => {
  const key = `${prefix}:writer:${crypto.randomUUID().replaceAll("-", "")}`
  const epoch = makeEpoch(connection, key, scope)

  const send = <A>({ call, replyIn }: Guarded<A>, limitMs: number): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const sentIn = epoch.current()
      return call(key, String(sentIn), String(epoch.timeIn(limitMs))).pipe(
        Effect.onExit((exit) => (isAmbiguous(exit) ? epoch.invalidate(sentIn) : Effect.void)),
        Effect.flatMap((result) =>
          isRefused(replyIn(result))
            ? Effect.andThen(epoch.invalidate(sentIn), Effect.fail(refused(connection)))
            : Effect.succeed(result)
        )
      )
    })

  /** Sends the call within `limitMs`; once more when the server refused it and time is left. */
  const inTime = <A>(guarded: Guarded<A>, limitMs: number): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const begun = performance.now()
      const left = (): number => begun + limitMs - performance.now()
      const sent = Effect.suspend(() => send(guarded, Math.max(1, left())))
      const attempt = Effect.suspend(() =>
        Effect.andThen(
          epoch.isSettled() ? epoch.refreshClock : within(epoch.settle, Math.max(1, left()), connection),
          sent
        )
      )
      return Effect.catchIf(
        attempt,
        (failure) => failure instanceof Refused && left() > 0,
        () => attempt
      )
    })

  return {
    script: (lua) => {
      const run = connection.script(guarded(lua))
      return (keys, args) => {
        const call: Call<Reply> = (own, ...more) => run([...keys, own], [...args, ...more])
        return inTime({ call, replyIn: itself }, timeoutMs)
      }
    },
    bytesScript: (lua) => {
      const run = connection.bytesScript(guarded(lua))
      return (keys, args, limit) => {
        const call: Call<Reply> = (own, ...more) =>
          run([...keys, own], [...args, ...more.map(bytesOf)], limit)
        return inTime({ call, replyIn: itself }, limit)
      }
    },
    scriptAnd: (lua) => {
      const run = connection.scriptAnd(guarded(lua))
      return (keys, args, following, limit) => {
        const call: Call<readonly [Reply, Reply | undefined]> = (own, ...more) =>
          run([...keys, own], [...args, ...more], following)
        return inTime({ call, replyIn: ([reply]) => reply }, limit)
      }
    }
  }
}

const itself = (reply: Reply): Reply => reply

/** The server refused the call; nothing was done. */
class Refused extends Failure {}

const refused = ({ address }: RedisConnection): Failure =>
  new Refused({
    reason: "unavailable",
    message: `Redis at ${address}: the command arrived too late and was refused.`
  })

const isRefused = (reply: Reply): boolean =>
  reply instanceof Uint8Array && reply.length <= 6 && /^(FENCED|LATE)$/.test(reply.toString())

const within = (
  settle: Effect.Effect<void, Failure>,
  limitMs: number,
  { address }: RedisConnection
): Effect.Effect<void, Failure> =>
  Effect.timeoutOrElse(settle, {
    duration: limitMs,
    orElse: () =>
      Effect.fail(new Failure({ reason: "unavailable", message: `Redis at ${address}: no reply in time.` }))
  })

/** True when the call may have been applied, or may still be. An interrupted caller cannot know. */
const isAmbiguous = (exit: Exit.Exit<unknown, Failure>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => (reason._tag === "Fail" ? reason.error.ambiguous : true))
