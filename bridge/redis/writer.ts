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
import { Effect, Exit, type Scope } from "effect"
import { bytesOf } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import type { RedisConnection, Reply } from "./connection.ts"
import { makeEpoch } from "./epoch.ts"
import type { BytesScript, Script, ScriptAnd } from "./types.ts"

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

/** Sends it with what the server needs to refuse it: the writer's key, the epoch, and the server's time until which it may begin. */
type Call<A> = (key: string, epoch: string, deadline: string) => Effect.Effect<A, Failure>

interface Guarded<A> {
  readonly call: Call<A>
  /** The script's own reply in the answer. */
  readonly replyIn: (answer: A) => Reply
}

/**
 * A writer whose key begins with `prefix`; on a cluster the prefix must have the slot of the data. It lives as long as
 * `scope`; `timeout` is how long the connection waits for an answer, milliseconds. Calls fail with `unavailable` when the
 * server refused them.
 */
export const makeWriter = (
  connection: RedisConnection,
  prefix: string,
  scope: Scope.Scope,
  timeout = 5000
): RedisWriter => {
  const key = `${prefix}:writer:${crypto.randomUUID().replaceAll("-", "")}`
  const epoch = makeEpoch(connection, key, scope)

  const send = <A>({ call, replyIn }: Guarded<A>, limit: number): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const sentIn = epoch.current()
      return call(key, String(sentIn), String(epoch.timeIn(limit))).pipe(
        Effect.onExit((exit) => (isUnclear(exit) ? epoch.doubt(sentIn) : Effect.void)),
        Effect.flatMap((answer) =>
          isRefused(replyIn(answer))
            ? Effect.andThen(epoch.doubt(sentIn), Effect.fail(refused(connection)))
            : Effect.succeed(answer)
        )
      )
    })

  /** Sends it within `limit` milliseconds; once more when the server refused it and there is time left. */
  const inTime = <A>(guarded: Guarded<A>, limit: number): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      const begun = performance.now()
      const left = (): number => begun + limit - performance.now()
      const sent = Effect.suspend(() => send(guarded, Math.max(1, left())))
      const attempt = Effect.suspend(() =>
        Effect.andThen(
          epoch.isSettled() ? epoch.keepTime : within(epoch.settle, Math.max(1, left()), connection),
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
        return inTime({ call, replyIn: itself }, timeout)
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
      return (keys, args, behind, limit) => {
        const call: Call<readonly [Reply, Reply | undefined]> = (own, ...more) =>
          run([...keys, own], [...args, ...more], behind)
        return inTime({ call, replyIn: ([reply]) => reply }, limit)
      }
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
