/**
 * A connection to Redis or Valkey, alone or a cluster.
 * It opens with its scope, comes back by itself for as long as the scope lives, and closes with it. It never sends a
 * command twice by itself, never waits without bound, and says of each failure whether the command may have run.
 */
import { Effect, type Redacted, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { logWith, type WriteLog } from "../connection-state.ts"
import { RedisClient } from "./client.ts"
import { prepare } from "./script.ts"
import type { Command, ConnectOptions, RedisConnection, Reply } from "./types.ts"
import { parseRedisUrl } from "./url.ts"

export type { Argument, Command, ConnectOptions, RedisConnection, Reply } from "./types.ts"

/**
 * Connects to `redis://` or `rediss://` (TLS) `user:password@host:port/database`. A server that is away, or refuses the
 * login, does not make it fail: it returns without one and goes on trying. A URL that can never work is an `misconfigured`
 * failure.
 */
export const connect: (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
) => Effect.Effect<RedisConnection, Failure, Scope.Scope> = Effect.fnUntraced(function* (url, options = {}) {
  const server = yield* parseRedisUrl(url)
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const log: WriteLog = options.quiet === true ? () => undefined : logWith(run)
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new RedisClient(server, options.commandTimeout ?? 5000, log)),
    (opened) => Effect.sync(() => opened.close())
  )
  yield* Effect.promise(() => client.settled(options.startTimeout ?? 2000))

  const within = <A>(ask: () => Promise<A>): Effect.Effect<A, Failure> =>
    Effect.tryPromise({ try: ask, catch: (error) => client.failure(error) })

  const command = (...one: Command): Effect.Effect<Reply, Failure> => within(() => client.send(one))

  return {
    address: server.address,
    command,
    script: (lua) => {
      const text = prepare(lua)
      return (keys, args) => within(() => text(keys, args, (one) => client.send(one)))
    },
    bytesScript: (lua) => {
      const text = prepare(lua)
      return (keys, args, limit) => within(() => text(keys, [], (one) => client.sendBytes(one, args, limit)))
    },
    scriptAnd: (lua) => {
      const text = prepare(lua)
      return (keys, args, behind) => within(() => text(keys, args, (one) => client.sendBoth(one, behind)))
    },
    check: command("PING").pipe(
      Effect.timeoutOrElse({
        duration: 2000,
        orElse: () => Effect.fail(client.failure(new Error("no answer within 2 seconds")))
      }),
      Effect.asVoid
    )
  }
})
