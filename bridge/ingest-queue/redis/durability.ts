/**
 * The durability of a Redis server: logged at the start, and checked again during pushes. A value that the server does not
 * report is not treated as a problem.
 */
import { Effect, Option } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { RedisConnection } from "../../redis/connection.ts"
import { type PushRules, standardRules } from "../push-limits.ts"
import { writesAtOnce } from "./confirm.ts"
import type { QueueKeys } from "./keys.ts"
import { type RedisFacts, readServerInfo } from "./server-info.ts"

/** Fails only for keys of one queue in different slots of a cluster. */
export const checkDurability: (
  connection: RedisConnection,
  keys: QueueKeys,
  rules?: PushRules
) => Effect.Effect<void, Failure> = Effect.fnUntraced(function* (connection, keys, rules = standardRules) {
  const { facts, isReported } = yield* readServerInfo(connection)
  const where = `Redis at ${connection.address}`
  const obstacle = obstacleOf(facts, rules)
  const isWeak = facts.hasLog === false || evicts(facts)
  if (isReported && obstacle !== undefined) yield* Effect.logError(`${where} ${obstacle}`)
  else if (isReported)
    yield* (isWeak ? Effect.logWarning : Effect.logInfo)(`${where}: ${guaranteesOf(facts, rules)}`)
  if (!facts.isCluster) return
  const slots = yield* Effect.forEach(Object.values(keys), (key) =>
    Effect.option(connection.command("CLUSTER", "KEYSLOT", key))
  )
  if (new Set(slots.filter(Option.isSome).map((slot) => slot.value)).size > 1)
    return yield* new Failure({
      reason: "misconfigured",
      message: `${where} is a cluster, and QUEUE_KEY (${keys.list}) and DEAD_LETTER_KEY (${keys.deadLetters}) are in different slots of it: give both the same hash tag, such as {${tag(keys.list)}}:invalid for the dead letters.`
    })
})

/** Fails while the server reports a state in which no event may be acknowledged; unreported values are no obstacle. */
export const noObstacle = (connection: RedisConnection, rules: PushRules): Effect.Effect<void, Failure> =>
  Effect.flatMap(readServerInfo(connection), ({ facts, isReported }) => {
    const obstacle = isReported ? (obstacleOf(facts, rules) ?? missingReplica(facts, rules)) : undefined
    if (obstacle === undefined) return Effect.void
    const message = `Redis at ${connection.address} ${obstacle}`
    return Effect.fail(new Failure({ reason: "unavailable", message }))
  })

/** Why no push can be confirmed by a replica. */
const missingReplica = ({ replicas }: RedisFacts, { confirm }: PushRules): string | undefined =>
  confirm === "replica" && replicas === 0
    ? "has no replica, which QUEUE_CONFIRM=replica requires, so nothing is written: connect a replica, or change QUEUE_CONFIRM."
    : undefined

/** Why no event may be acknowledged now, and what to set: a predicate of the server. Undefined when there is no obstacle. */
export const obstacleOf = (facts: RedisFacts, { confirm }: PushRules): string | undefined => {
  if (evicts(facts) && facts.eviction?.startsWith("allkeys") === true)
    return `may delete events when its memory is full (maxmemory-policy ${facts.eviction}), so nothing is pushed to it: set maxmemory-policy to noeviction.`
  if (confirm === "disk" && !writesAtOnce(facts) && (!facts.knowsWaitAof || facts.hasLog === false))
    return "cannot confirm that an event is on its disk, which QUEUE_CONFIRM=disk requires, so nothing is pushed to it: set appendonly to yes and appendfsync to always (with no-appendfsync-on-rewrite no), or use Redis 7.2 or later with appendonly yes."
  return undefined
}

/** What an acknowledgement guarantees on that server, and what can lose an event. */
export const guaranteesOf = (facts: RedisFacts, rules: PushRules): string =>
  [acknowledged(facts, rules), onCrash(facts, rules), onFailOver(facts, rules), onFullMemory(facts)]
    .filter((sentence) => sentence !== "")
    .join(" ")

const acknowledged = (facts: RedisFacts, { confirm }: PushRules): string => {
  if (confirm === "replica") return "an acknowledged event is in its memory and in that of a replica."
  if (confirm === "server") return "an acknowledged event is in its memory."
  return `an acknowledged event is on its disk (${writesAtOnce(facts) ? "appendfsync always" : "WAITAOF"}).`
}

const onCrash = (facts: RedisFacts, { confirm }: PushRules): string => {
  if (confirm === "disk" || writesAtOnce(facts))
    return "Neither a crash nor a power failure loses such an event."
  if (facts.hasLog === false)
    return facts.hasSnapshots === false
      ? "It keeps nothing on disk: a crash loses all waiting events. Set appendonly to yes."
      : "It keeps only snapshots: a crash loses all events since the last one. Set appendonly to yes."
  if (facts.hasLog === undefined || facts.fsync === undefined) return ""
  const window =
    facts.fsync === "everysec"
      ? "of about the last second"
      : "that the system has not written to the disk yet"
  const end =
    facts.fsync === "everysec"
      ? "A crash may lose the most recent events, because Redis does not write during an fsync"
      : "A crash loses no event"
  return `${end}; a power failure may lose events ${window} (appendfsync ${facts.fsync}).`
}

const onFailOver = (facts: RedisFacts, { confirm }: PushRules): string => {
  const refuses =
    facts.minReplicas > 0 ? ` It refuses writes with fewer than ${facts.minReplicas} replicas.` : ""
  if (confirm === "replica") return `A failover to that replica loses no event.${refuses}`
  if ((facts.replicas ?? 0) > 0)
    return `A failover loses the events that the replica has not received yet.${refuses}`
  return refuses.trim()
}

const onFullMemory = (facts: RedisFacts): string => {
  if (facts.maxMemory === undefined || facts.maxMemory === 0) return ""
  if (!evicts(facts)) return "When its memory is full, it refuses pushes."
  return `When its memory is full, it deletes keys with an expiry, such as the event ids of counters and the ids of pushes of edges (maxmemory-policy ${facts.eviction}): set noeviction.`
}

const evicts = ({ maxMemory, eviction }: RedisFacts): boolean =>
  maxMemory !== undefined && maxMemory > 0 && eviction !== undefined && eviction !== "noeviction"

const tag = (key: string): string => /\{([^}]+)\}/.exec(key)?.[1] ?? key
