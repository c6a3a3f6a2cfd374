/**
 * Does a Redis that answers also take events? One that is full, cannot save, lost its replicas or is set up so that
 * nothing may be pushed to it answers PING all the same. A push that it refused is remembered, and from then on the check
 * of this connection asks for a write that changes nothing, until one is taken. It lives as long as the connection.
 */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { RedisConnection } from "../redis.ts"
import type { PushServer } from "./failover.ts"
import { obstacleOf } from "./promise.ts"
import type { PushRules } from "./push-rules.ts"
import { lookAtServer, type RedisFacts } from "./redis-facts.ts"

export interface RefusalWatch {
  /** The same push; what becomes of it is remembered. */
  readonly watched: (push: PushServer["push"]) => PushServer["push"]
  /** Fails while the server does not answer, or refuses writes. */
  readonly check: Effect.Effect<void, Failure>
}

/** What a server answers to a write that it does not take, whatever it is. */
const refusals = /\b(OOM|MISCONF|NOREPLICAS|READONLY)\b/

/** Why no push can be confirmed by a replica; it follows the server's name. */
const loneliness = ({ replicas }: RedisFacts, { confirm }: PushRules): string | undefined =>
  confirm === "replica" && replicas === 0
    ? "has no replica, as QUEUE_CONFIRM=replica asks, so nothing is written."
    : undefined

/** `list`: the queue's key; the probe is a key beside it, which never comes to be. */
export const watchRefusals = (connection: RedisConnection, list: string, rules: PushRules): RefusalWatch => {
  const prefix = /\{[^}]+\}/.test(list) ? list : `{${list}}`
  let refused: Failure | undefined

  /** Looks at the server as it is now; nothing is known against it when it forbids the look. */
  const tryWrite = Effect.gen(function* () {
    const { facts, isTold } = yield* lookAtServer(connection)
    const obstacle = isTold ? (obstacleOf(facts, rules) ?? loneliness(facts, rules)) : undefined
    if (obstacle !== undefined)
      return yield* new Failure({
        reason: "unavailable",
        message: `Redis at ${connection.address} ${obstacle}`
      })
    yield* connection.command("SETRANGE", `${prefix}:probe`, 0, "").pipe(
      Effect.catchIf(
        (failure) => !refusals.test(failure.message),
        () => Effect.void
      )
    )
    refused = undefined
  })

  return {
    watched: (push) => (lines, limit) =>
      push(lines, limit).pipe(
        Effect.tap(() => Effect.sync(() => (refused = lines.length === 0 ? refused : undefined))),
        Effect.tapError((failure) =>
          Effect.sync(() => {
            if (failure.reason === "unavailable") refused = failure
          })
        )
      ),
    check: Effect.andThen(
      connection.check,
      Effect.suspend(() => (refused === undefined ? Effect.void : tryWrite))
    )
  }
}
