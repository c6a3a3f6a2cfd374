/**
 * Asks a Redis server whether our user may run commands, without running them: in a script by `acl_check_cmd`, or by
 * `ACL DRYRUN`, both since Redis 7.0; on older servers by queueing them in a transaction that is discarded.
 */
import { Effect, Result } from "effect"
import type { Command, RedisConnection, Reply } from "./connection.ts"

/** What the server answers about one command; undefined: it cannot be asked. */
type Answer = "allowed" | "denied" | undefined

export interface Permissions {
  readonly denied: ReadonlyArray<Command>
  /** True when the server could not be asked about at least one of the commands. */
  readonly isIncomplete: boolean
}

/** The commands that our user may not run on their keys. Fails never: an unreachable server cannot be asked. */
export const permissionsFor = Effect.fnUntraced(function* (
  connection: RedisConnection,
  commands: ReadonlyArray<Command>
) {
  const denied: Array<Command> = []
  let isIncomplete = false
  for (const command of commands) {
    const answer = yield* askFor(connection, command)
    if (answer === "denied") denied.push(command)
    isIncomplete ||= answer === undefined
  }
  return { denied, isIncomplete } satisfies Permissions
})

const askFor = Effect.fnUntraced(function* (connection: RedisConnection, command: Command) {
  for (const way of [byScript, byDryRun, byDiscard]) {
    const answer = yield* way(connection, command)
    if (answer !== undefined) return answer
  }
  return undefined
})

const checkScript = "return redis.acl_check_cmd(unpack(ARGV)) and 1 or 0"

const byScript = (connection: RedisConnection, command: Command): Effect.Effect<Answer> =>
  Effect.map(Effect.result(connection.command("EVAL", checkScript, 0, ...command)), (reply) => {
    if (Result.isFailure(reply)) return undefined
    return reply.success === 1 ? "allowed" : "denied"
  })

const byDryRun = Effect.fnUntraced(function* (connection: RedisConnection, command: Command) {
  const reply = yield* Effect.result(
    Effect.flatMap(connection.command("ACL", "WHOAMI"), (user) =>
      connection.command("ACL", "DRYRUN", textOf(user), ...command)
    )
  )
  if (Result.isFailure(reply)) return undefined
  return textOf(reply.success) === "OK" ? ("allowed" as const) : ("denied" as const)
})

/** The server checks permissions when it queues a command. */
const byDiscard = Effect.fnUntraced(function* (connection: RedisConnection, command: Command) {
  if (Result.isFailure(yield* Effect.result(connection.command("MULTI")))) return undefined
  const queued = yield* Effect.result(connection.command(...command))
  yield* Effect.result(connection.command("DISCARD"))
  if (Result.isSuccess(queued)) return "allowed" as const
  return /NOPERM/.test(queued.failure.message) ? ("denied" as const) : undefined
})

const textOf = (reply: Reply): string => (reply instanceof Uint8Array ? reply.toString() : String(reply))
