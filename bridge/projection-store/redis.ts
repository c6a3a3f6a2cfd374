/**
 * Projections in Redis or Valkey, a single server or a cluster; all keys of a projection are in one slot. The connection
 * lives as long as the scope.
 *
 * `{spoor:<projection>}:table:<table>` sorted set of counts · `:errors:<table>` hash of their errors other than 0
 * (space-saving.ts) · `:offsets` hash of partition → next offset · `:seen:<bucket>` hash of bitmaps of recent event ids,
 * which expires one horizon after its last change. A writer (redis/writer.ts) sends the effects: a batch that timed out
 * is never applied after a later one.
 */
import { Clock, Effect, type Redacted, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { encode } from "../../contracts/messages/msgpack.ts"
import { type ConnectOptions, connect, type RedisConnection, type Reply } from "../redis/connection.ts"
import { watchRefusals } from "../redis/refused.ts"
import type { Script } from "../redis/types.ts"
import { makeWriter } from "../redis/writer.ts"
import { applyScript } from "./apply-script.ts"
import type { StoreLimits } from "./limits.ts"
import { isRemembered, type Plan, planOf, type SeenGroup } from "./plan.ts"
import { type Applied, otherKey, type ProjectionStore } from "./service.ts"
import { type Counted, rowsOf } from "./space-saving.ts"

/** KEYS: a table and its errors. */
export const resetScript = `return redis.call('DEL', KEYS[1], KEYS[2])`

const meanwhile = "Counters wait and continue where they stopped."

/** Opens the store, even while the server is unreachable. Fails with `misconfigured` for an invalid URL. */
export const redisProjections = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  { horizon, maxKeys }: StoreLimits,
  options?: ConnectOptions
): Effect.fn.Return<ProjectionStore["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const { address, outage } = connection
  const refusals = watchRefusals(connection, meanwhile, "{spoor:}:probe")
  const scriptsOf = makeScripts(connection, yield* Effect.scope, options?.commandTimeout)

  return {
    dependency: { kind: "redis", embedded: false, address, outage, check: refusals.check },

    // NOTE: a generator would keep the effects (megabytes) in memory until Redis replies.
    apply: (projection, batch) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (batch.effects.length === 0) return Effect.succeed({ applied: 0, reread: 0, duplicates: 0 })
        const plan = planOf(batch)
        if (plan instanceof Failure) return Effect.fail(plan)
        const buckets = [...new Set(plan.groups.map(({ bucket }) => bucket))]
        const applied = Effect.map(
          scriptsOf(projection).apply(
            [
              `${prefixOf(projection)}:offsets`,
              ...plan.tables.map((table) => tableKey(projection, table)),
              ...plan.tables.map((table) => errorsKey(projection, table)),
              ...buckets.map((bucket) => `${prefixOf(projection)}:seen:${bucket}`)
            ],
            [
              plan.partition,
              plan.next,
              maxKeys,
              Math.ceil(horizon),
              plan.tables.length,
              otherKey,
              encodedPlan(plan, buckets, (group) => isRemembered(group, now, horizon)),
              plan.end
            ]
          ),
          appliedOf
        )
        return refusals.watched(applied)
      }),

    top: Effect.fnUntraced(function* (projection, table, limit) {
      if (limit < 1) return []
      const key = tableKey(projection, table)
      const reply = listOf(
        yield* connection.command("ZREVRANGE", key, 0, Math.floor(limit) - 1, "WITHSCORES")
      )
      const counted = reply.flatMap((name, i) =>
        i % 2 === 0 ? [{ name: String(name), count: Number(String(reply[i + 1])) }] : []
      )
      return rowsOf(counted, yield* errorsOf(connection, errorsKey(projection, table), counted))
    }),

    size: (projection, table) => Effect.map(connection.command("ZCARD", tableKey(projection, table)), Number),

    reset: (projection, table) =>
      Effect.asVoid(
        scriptsOf(projection).reset([tableKey(projection, table), errorsKey(projection, table)], [])
      )
  }
})

interface ProjectionScripts {
  readonly apply: Script
  readonly reset: Script
}

/** The scripts of each projection. Each projection is in a slot of its own, so each has a writer of its own. */
const makeScripts = (
  connection: RedisConnection,
  scope: Scope.Scope,
  commandTimeout: number | undefined
): ((projection: string) => ProjectionScripts) => {
  const scripts = new Map<string, ProjectionScripts>()
  return (projection) => {
    const known = scripts.get(projection)
    if (known !== undefined) return known
    const writer = makeWriter(connection, prefixOf(projection), scope, commandTimeout)
    const made = { apply: writer.script(applyScript), reset: writer.script(resetScript) }
    scripts.set(projection, made)
    return made
  }
}

/** NOTE: errors are read after the counts, so a key that was replaced in between may have a newer error than its count. */
const errorsOf = Effect.fnUntraced(function* (
  connection: RedisConnection,
  key: string,
  counted: ReadonlyArray<Counted>
) {
  const errors = new Map<string, number>()
  if (Number(yield* connection.command("HLEN", key)) === 0) return errors
  for (let at = 0; at < counted.length; at += namesPerCommand) {
    const names = counted.slice(at, at + namesPerCommand).map(({ name }) => name)
    const found = listOf(yield* connection.command("HMGET", key, ...names))
    for (const [i, error] of found.entries()) {
      const name = names[i]
      if (name !== undefined && error !== null) errors.set(name, Number(String(error)))
    }
  }
  return errors
})

const namesPerCommand = 5_000

const appliedOf = (reply: Reply): Applied => {
  const [applied = 0, reread = 0, duplicates = 0] = listOf(reply).map(Number)
  return { applied, reread, duplicates }
}

const prefixOf = (projection: string): string => `{spoor:${projection}}`
const tableKey = (projection: string, table: string): string => `${prefixOf(projection)}:table:${table}`
const errorsKey = (projection: string, table: string): string => `${prefixOf(projection)}:errors:${table}`

const encodedPlan = (
  plan: Plan,
  buckets: ReadonlyArray<string>,
  isKnown: (group: SeenGroup) => boolean
): Uint8Array => {
  const places = new Map(buckets.map((bucket, place) => [bucket, place]))
  return encode([
    plan.offsets,
    plan.ends,
    plan.addKeys,
    plan.addAmounts,
    plan.keyTables,
    plan.keyNames,
    plan.unnamed,
    plan.groups.map((group) => [
      places.get(group.bucket),
      group.field,
      group.effects,
      group.bits,
      isKnown(group)
    ])
  ])
}

const listOf = (reply: Reply): ReadonlyArray<Reply> => (Array.isArray(reply) ? reply : [])
