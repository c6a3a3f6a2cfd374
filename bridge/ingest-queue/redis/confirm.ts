/**
 * Pushes that are confirmed by more than the server's memory: WAIT for a replica, WAITAOF for the disk.
 *
 * WAIT covers the writes of its own connection, and blocks later commands on it. So these pushes have connections of
 * their own, with one push on each at a time, and WAIT follows the push directly: a connection that was replaced in
 * between has written nothing, and its WAIT would succeed at once. The connections live as long as the scope.
 */
import { Effect, type Redacted, type Scope, Semaphore } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import {
  type Argument,
  type Command,
  type ConnectOptions,
  connect,
  type RedisConnection,
  type Reply
} from "../../redis/connection.ts"
import { makeWriter, type RedisWriter } from "../../redis/writer.ts"
import type { Confirm } from "../push-limits.ts"
import type { RedisFacts } from "./server-info.ts"

/** The command that confirms the writes of its connection, with a timeout in milliseconds. */
export type Confirmation = (milliseconds: number) => Command

/** Undefined when the server's reply to a push is enough. */
export const confirmationOf = (confirm: Confirm, facts: RedisFacts): Confirmation | undefined => {
  if (confirm === "server" || (confirm === "disk" && writesAtOnce(facts))) return undefined
  return confirm === "replica"
    ? (milliseconds) => ["WAIT", 1, milliseconds]
    : (milliseconds) => ["WAITAOF", 1, 0, milliseconds]
}

/** True when the server's settings put a write on the disk before the reply. */
export const writesAtOnce = (facts: RedisFacts): boolean =>
  facts.hasLog === true && facts.fsync === "always" && facts.fsyncPauses === false

/** Runs the script on the queue's keys and returns its reply once the push is confirmed. Abandoned after `limitMs`. */
export type ConfirmedPush = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>,
  confirmation: Confirmation,
  limitMs: number
) => Effect.Effect<Reply, Failure>

/** Timeout of a confirmation: together with the check before it, less than the timeout of a push. */
const confirmTimeoutMs = 1400

/** Timeout of the check before a push. */
const checkTimeoutMs = 200

/** The number of connections: the edge's maximum number of pushes in flight. */
const connectionCount = 4

/**
 * Fails with `timeout` when the push is done but not confirmed. The connection accepts no other push before that one is
 * confirmed: without a confirmation, pushes fail with `unavailable` and nothing is written.
 */
export const confirmedPush: (
  url: Redacted.Redacted<string>,
  prefix: string,
  script: string,
  options: ConnectOptions | undefined
) => Effect.Effect<ConfirmedPush, Failure, Scope.Scope> = Effect.fnUntraced(
  function* (url, prefix, script, options) {
    const scope = yield* Effect.scope
    const connections = yield* Effect.forEach(
      Array.from({ length: connectionCount }),
      () => connect(url, { ...options, quiet: true }),
      { concurrency: "unbounded" }
    )
    const free = connections.map((connection) =>
      pushOn(connection, makeWriter(connection, prefix, scope), script)
    )
    const places = Semaphore.makeUnsafe(connectionCount)
    return (keys, args, confirmation, limitMs) =>
      places.withPermits(1)(
        Effect.acquireUseRelease(
          Effect.sync(() => free.pop()),
          (push) =>
            push?.(keys, args, confirmation, limitMs) ??
            Effect.die("There are more pushes than connections."),
          (push) => Effect.sync(() => push !== undefined && free.push(push))
        )
      )
  }
)

const pushOn = (connection: RedisConnection, writer: RedisWriter, script: string): ConfirmedPush => {
  const push = writer.scriptAnd(script)
  let isSettled = false
  return Effect.fnUntraced(function* (keys, args, confirmation, limitMs) {
    if (!isSettled && !isConfirmed(yield* connection.command(...confirmation(checkTimeoutMs))))
      return yield* new Failure({
        reason: "unavailable",
        message: `Redis at ${connection.address} does not confirm earlier pushes as QUEUE_CONFIRM requires, so nothing is written.`
      })
    isSettled = false
    const [reply, confirmed] = yield* push(keys, args, confirmation(confirmTimeoutMs), limitMs)
    isSettled = isConfirmed(confirmed)
    if (isSettled) return reply
    return yield* new Failure({
      reason: "timeout",
      message: `Redis at ${connection.address} has the lines, but did not confirm them as QUEUE_CONFIRM requires within ${confirmTimeoutMs} ms.`
    })
  })
}

/** WAIT replies with the number of replicas, WAITAOF with the numbers of local and of other disks. */
const isConfirmed = (reply: Reply | undefined): boolean => {
  const count = Array.isArray(reply) ? reply[0] : reply
  return typeof count === "number" && count >= 1
}
