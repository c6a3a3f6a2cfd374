/**
 * A connection to Redis or Valkey, a single server or a cluster. It opens and closes with its scope and reconnects
 * meanwhile. It never repeats a command, every wait has a timeout, and each failure tells whether the command may have run.
 */
import { Effect, type Redacted, type Scope } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { logWith, Outages, type WriteLog } from "../outage.ts"
import { RedisClient } from "./client.ts"
import { prepare } from "./script.ts"
import type { Command, ConnectOptions, RedisConnection, Reply } from "./types.ts"
import { parseRedisUrl } from "./url.ts"

export type { Argument, Command, ConnectOptions, RedisConnection, Reply } from "./types.ts"

/**
 * Connects to `redis://` or `rediss://` (TLS) `user:password@host:port/database`. When the server is unreachable or refuses
 * the login, it returns all the same and keeps trying. Fails with `misconfigured` for an invalid URL.
 *
 * @example
 * const redis = yield* connect(Redacted.make("redis://127.0.0.1:6379"))
 * yield* redis.command("SET", "key", "value")
 */
export const connect: (
  url: Redacted.Redacted<string>,
  options?: ConnectOptions
) => Effect.Effect<RedisConnection, Failure, Scope.Scope> = Effect.fnUntraced(function* (url, options = {}) {
  const server = yield* parseRedisUrl(url)
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const outages = yield* Outages
  const isQuiet = options.quiet === true && !outages.isShared
  const log: WriteLog = isQuiet ? () => undefined : logWith(run)
  const name = `Redis at ${server.address}`
  const outage = outages.of({ name, log })
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new RedisClient(server, options.commandTimeout ?? 5000, outage, log)),
    (opened) => Effect.sync(() => opened.close())
  )
  yield* Effect.promise(() => client.settled(options.startTimeout ?? 2000))

  const within = <A>(ask: () => Promise<A>): Effect.Effect<A, Failure> =>
    Effect.tryPromise({ try: ask, catch: (error) => client.failure(error) })

  const command = (...one: Command): Effect.Effect<Reply, Failure> => within(() => client.send(one))

  return {
    address: server.address,
    outage,
    command,
    script: (lua) => {
      const text = prepare(lua)
      return (keys, args) => within(() => text(keys, args, (one) => client.send(one)))
    },
    bytesScript: (lua) => {
      const text = prepare(lua)
      return (keys, args, timeoutMs) =>
        within(() => text(keys, [], (one) => client.sendBytes(one, args, timeoutMs)))
    },
    scriptAnd: (lua) => {
      const text = prepare(lua)
      return (keys, args, following) =>
        within(() => text(keys, args, (one) => client.sendBoth(one, following)))
    },
    check: command("PING").pipe(
      Effect.timeoutOrElse({
        duration: 2000,
        orElse: () => Effect.fail(client.failure(new Error("no reply within 2 seconds")))
      }),
      Effect.asVoid
    )
  }
})
