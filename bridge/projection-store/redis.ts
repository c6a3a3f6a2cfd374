/**
 * Projections in Redis or Valkey, alone or a cluster; everything of a projection lies in one slot. The connection
 * lives as long as the scope.
 *
 * `{spoor:<projection>}:table:<table>` sorted set of counts · `:offsets` hash of partition → next offset ·
 * `:seen:<bucket>` hash of bitmaps of the event ids seen lately, gone one horizon after it was last written.
 */
import { Clock, Effect, type Redacted, type Scope } from "effect"
import { encode } from "../../contracts/codec.ts"
import { Failure } from "../../contracts/failure.ts"
import { type ConnectOptions, connect, type Reply } from "../redis.ts"
import { watchRefusals } from "../redis-refused.ts"
import { applyScript } from "./apply-script.ts"
import type { StoreLimits } from "./limits.ts"
import { isRemembered, type Plan, planOf, type SeenGroup } from "./plan.ts"
import { type Applied, otherKey, type ProjectionStore } from "./service.ts"

/** Opens the store; a server that is away does not keep it from opening. Fails with `unreadable` for a URL that is none. */
export const redisProjections = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  { horizon, maxKeys }: StoreLimits,
  options?: ConnectOptions
): Effect.fn.Return<ProjectionStore["Service"], Failure, Scope.Scope> {
  const connection = yield* connect(url, options)
  const applyPlan = connection.script(applyScript)
  const refusals = watchRefusals(connection, "{spoor:}:probe")

  return {
    seam: { kind: "redis", embedded: false, address: connection.address, check: refusals.check },

    // NOTE: the effects, megabytes of them, are not held while Redis works; a generator would hold them.
    apply: (projection, batch) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (batch.effects.length === 0) return Effect.succeed({ applied: 0, reread: 0, duplicates: 0 })
        const plan = planOf(batch)
        if (plan instanceof Failure) return Effect.fail(plan)
        const buckets = [...new Set(plan.groups.map(({ bucket }) => bucket))]
        const applied = Effect.map(
          applyPlan(
            [
              `${prefixOf(projection)}:offsets`,
              ...plan.tables.map((table) => tableKey(projection, table)),
              ...buckets.map((bucket) => `${prefixOf(projection)}:seen:${bucket}`)
            ],
            [
              plan.partition,
              plan.next,
              maxKeys,
              Math.ceil(horizon),
              plan.tables.length,
              otherKey,
              packed(plan, buckets, (group) => isRemembered(group, now, horizon)),
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
      return reply.flatMap((name, i) =>
        i % 2 === 0 ? [{ key: String(name), count: Number(String(reply[i + 1])) }] : []
      )
    }),

    size: (projection, table) => Effect.map(connection.command("ZCARD", tableKey(projection, table)), Number)
  }
})

const appliedOf = (reply: Reply): Applied => {
  const [applied = 0, reread = 0, duplicates = 0] = listOf(reply).map(Number)
  return { applied, reread, duplicates }
}

const prefixOf = (projection: string): string => `{spoor:${projection}}`
const tableKey = (projection: string, table: string): string => `${prefixOf(projection)}:table:${table}`

const packed = (
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
