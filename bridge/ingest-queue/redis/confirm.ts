/**
 * Pushing so that more than the server's memory has the lines: WAIT for a replica, WAITAOF for the disk.
 *
 * WAIT speaks for what its own connection wrote, and holds up whatever comes behind it there. So these pushes have
 * connections of their own, one push on each at a time, and WAIT goes out right behind the push: a connection that was
 * made anew in between has written nothing and would be told at once that all is well. The connections live as long
 * as the scope.
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

/** The command that says whether what was written is where it should be, within so many milliseconds. */
export type Confirmation = (milliseconds: number) => Command

/** Undefined when the server's own answer to a push is enough. */
export const confirmationOf = (confirm: Confirm, facts: RedisFacts): Confirmation | undefined => {
  if (confirm === "server" || (confirm === "disk" && writesAtOnce(facts))) return undefined
  return confirm === "replica"
    ? (milliseconds) => ["WAIT", 1, milliseconds]
    : (milliseconds) => ["WAITAOF", 1, 0, milliseconds]
}

/** Is it on the disk before the answer, by the server's own settings? */
export const writesAtOnce = (facts: RedisFacts): boolean =>
  facts.hasLog === true && facts.fsync === "always" && facts.fsyncPauses === false

/** Runs the script on the queue's keys, and answers as it does once that is confirmed. Given up after `limit` milliseconds. */
export type ConfirmedPush = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<Argument>,
  confirmation: Confirmation,
  limit: number
) => Effect.Effect<Reply, Failure>

/** How long a push waits for its confirmation, milliseconds: with the look before it, less than a push may take in all. */
const patience = 1400

/** How long the look before a push waits, milliseconds. */
const lookTime = 200

/** As many pushes as the edge has under way. */
const lanes = 4

/**
 * Fails with `timeout` when the push is done but not confirmed. Then no other is begun on that connection before this one
 * is confirmed after all: while nobody confirms, pushes fail with `unavailable` and nothing more is written.
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
      Array.from({ length: lanes }),
      () => connect(url, { ...options, quiet: true }),
      { concurrency: "unbounded" }
    )
    const free = connections.map((connection) =>
      laneOn(connection, makeWriter(connection, prefix, scope), script)
    )
    const places = Semaphore.makeUnsafe(lanes)
    return (keys, args, confirmation, limit) =>
      places.withPermits(1)(
        Effect.acquireUseRelease(
          Effect.sync(() => free.pop()),
          (lane) =>
            lane?.(keys, args, confirmation, limit) ?? Effect.die("There are more pushes than connections."),
          (lane) => Effect.sync(() => lane !== undefined && free.push(lane))
        )
      )
  }
)

const laneOn = (connection: RedisConnection, writer: RedisWriter, script: string): ConfirmedPush => {
  const push = writer.scriptAnd(script)
  let isSettled = false
  return Effect.fnUntraced(function* (keys, args, confirmation, limit) {
    if (!isSettled && !isConfirmed(yield* connection.command(...confirmation(lookTime))))
      return yield* new Failure({
        reason: "unavailable",
        message: `Redis at ${connection.address} is not followed as QUEUE_CONFIRM asks, so nothing is written.`
      })
    isSettled = false
    const [reply, confirmed] = yield* push(keys, args, confirmation(patience), limit)
    isSettled = isConfirmed(confirmed)
    if (isSettled) return reply
    return yield* new Failure({
      reason: "timeout",
      message: `Redis at ${connection.address} has the lines, but not as safely as QUEUE_CONFIRM asks within ${patience} ms.`
    })
  })
}

/** WAIT answers with a number of replicas, WAITAOF with those of local and of other disks. */
const isConfirmed = (reply: Reply | undefined): boolean => {
  const count = Array.isArray(reply) ? reply[0] : reply
  return typeof count === "number" && count >= 1
}
