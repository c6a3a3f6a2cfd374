/** What the queue's Redis does when its memory is full or it crashes, for people who check a configuration. */
import { Effect } from "effect"
import { type Finding, fault, ok, warning } from "../../finding.ts"
import type { RedisConnection } from "../../redis/connection.ts"
import type { PushRules } from "../push-limits.ts"
import { checkDurability, guaranteesOf, obstacleOf } from "./durability.ts"
import type { QueueKeys } from "./keys.ts"
import { readServerInfo } from "./server-info.ts"

/** Reads `maxmemory-policy`, `appendonly`, `appendfsync` and the replicas. Changes nothing. */
export const inspectDurability = Effect.fnUntraced(function* (
  connection: RedisConnection,
  keys: QueueKeys,
  rules: PushRules
): Effect.fn.Return<ReadonlyArray<Finding>> {
  const { facts, isReported } = yield* readServerInfo(connection)
  if (!isReported) return []
  const where = `Redis at ${connection.address}`
  const slots = yield* Effect.result(
    facts.isCluster ? Effect.scoped(checkDurability(connection, keys, rules)) : Effect.void
  )
  const obstacle = obstacleOf(facts, rules)
  const isFull = facts.eviction !== undefined && facts.eviction !== "noeviction"
  const policy = `maxmemory-policy ${facts.eviction ?? "unknown"}, appendfsync ${facts.hasLog === false ? "off (appendonly no)" : (facts.fsync ?? "unknown")}`
  return [
    obstacle !== undefined
      ? fault(`${where} ${obstacle}`)
      : (facts.hasLog === false || isFull ? warning : ok)(
          `${where}, ${policy}: ${guaranteesOf(facts, rules)}`
        ),
    ...(obstacle === undefined && isFull
      ? [
          warning(
            `${where} has maxmemory-policy ${facts.eviction}: set it to noeviction, so that no line is deleted.`
          )
        ]
      : []),
    ...(facts.maxMemory === 0
      ? [
          warning(
            `${where} has no memory limit: set maxmemory below the memory of its machine, or the system ends it when the queue grows.`
          )
        ]
      : []),
    ...(slots._tag === "Failure" ? [fault(slots.failure.message)] : [])
  ]
})
