/**
 * The commands, on keys like those in use, that actors run on Redis: what `--check --connect` asks permission for. The
 * scripts in bridge/ run them; test/deploy/redis-permissions.test.ts runs the actors as users who may run no others.
 */
import { prefixOf, type QueueKeys } from "../../../bridge/ingest-queue/redis/keys.ts"
import type { Command } from "../../../bridge/redis/types.ts"

const each = (key: string, ...commands: ReadonlyArray<Command>): ReadonlyArray<Command> =>
  commands.map(([name, ...args]): Command => [name, key, ...args])

/** The writer's own key, by which the server refuses late commands (bridge/redis/epoch.ts). */
const writer = (prefix: string): ReadonlyArray<Command> => [
  ["TIME"],
  ...each(`${prefix}:writer:check`, ["GET"], ["SET", "1", "PX", "1"], ["DEL"])
]

const push = ({ list, ledger }: QueueKeys): ReadonlyArray<Command> => [
  ...each(list, ["LLEN"], ["RPUSH", "line"]),
  ...each(ledger, ["HINCRBY", "pushed", "1"]),
  ...writer(prefixOf(list))
]

const hash: ReadonlyArray<Command> = [
  ["HGET", "f"],
  ["HSET", "f", "v"],
  ["HDEL", "f"]
]
const sortedSet: ReadonlyArray<Command> = [
  ["ZADD", "1", "m"],
  ["ZREM", "m"],
  ["ZSCORE", "m"],
  ["ZREMRANGEBYSCORE", "-inf", "0"]
]

const claim = (keys: QueueKeys): ReadonlyArray<Command> => [
  ...each(keys.list, ["LLEN"], ["LRANGE", "0", "1"], ["LTRIM", "0", "-1"]),
  ...each(keys.claimed, ...hash, ["HLEN"]),
  ...each(keys.attempts, ...hash),
  ...each(keys.leases, ...sortedSet, ["ZRANGEBYSCORE", "-inf", "0"]),
  ...each(keys.placements, ...sortedSet),
  ...each(keys.ledger, ["HINCRBY", "stored", "1"], ["HGETALL"]),
  ...each(keys.deadLetters, ["RPUSH", "line"], ["LLEN"]),
  ...writer(prefixOf(keys.list))
]

const operate = (keys: QueueKeys): ReadonlyArray<Command> => [
  ...each(keys.list, ["LLEN"], ["LRANGE", "0", "1"], ["RPUSH", "line"]),
  ...each(keys.claimed, ["HLEN"], ["HVALS"], ["HKEYS"], ["HGET", "f"]),
  ...each(keys.ledger, ["HGETALL"], ["HINCRBY", "pushed", "1"]),
  ...each(keys.deadLetters, ["LLEN"], ["LRANGE", "0", "1"], ["LREM", "1", "line"]),
  ...each(keys.replays, ...sortedSet),
  ...writer(prefixOf(keys.list))
]

/** What an actor does with the queue: the gateway pushes, the drainer claims, others look and operate. */
export const queueCommands = (actor: string, keys: QueueKeys): ReadonlyArray<Command> =>
  actor === "gateway" ? push(keys) : actor === "drainer" ? claim(keys) : operate(keys)

/** What tells how safely the server stores lines. */
export const queueWishes = (actor: string, keys: QueueKeys): ReadonlyArray<Command> => [
  ["INFO"],
  ["CONFIG", "GET", "appendfsync"],
  ["COMMAND", "INFO", "WAITAOF"],
  ...(actor === "gateway" ? [["MEMORY", "USAGE", keys.list] as const] : [])
]

/** Campaign links: clicks read them, the API of links writes them. */
export const linkCommands = (key: string, isApiOn: boolean): ReadonlyArray<Command> => {
  const tagged = /\{[^}]+\}/.test(key) ? key : `{${key}}`
  if (!isApiOn) return each(key, ["HGET", "id"])
  return [
    ...each(key, ...hash, ["HLEN"], ["HEXISTS", "id"]),
    ...each(`${tagged}:ids`, ["ZADD", "0", "id"], ["ZREM", "id"], ["ZRANGEBYLEX", "-", "+"]),
    ...writer(tagged)
  ]
}

/** Counters write their own projection; the viewer reads and resets all of them. */
export const projectionCommands = (projection: string): ReadonlyArray<Command> => {
  const prefix = `{spoor:${projection}}`
  return [
    ...each(`${prefix}:offsets`, ["HGET", "f"], ["HSET", "f", "v"]),
    ...each(
      `${prefix}:table:check`,
      ["ZCARD"],
      ["ZADD", "1", "m"],
      ["ZINCRBY", "1", "m"],
      ["ZREVRANGE", "0", "1"]
    ),
    ...each(`${prefix}:errors:check`, ["HLEN"], ["HMGET", "f"], ["DEL"]),
    ...each(`${prefix}:seen:0`, ["HGET", "f"], ["HSET", "f", "v"], ["PEXPIRE", "1"]),
    ...writer(prefix)
  ]
}

export const rateCommands: ReadonlyArray<Command> = [
  ["TIME"],
  ...each("{spoor:rate}:address:check", ["GET"], ["SET", "1", "PX", "1"])
]

export const saltCommands: ReadonlyArray<Command> = each(
  "{spoor:visitor}:salt:0",
  ["GET"],
  ["SET", "1", "NX", "PX", "1"]
)

/** The reactor adds deliveries, the deliverer claims and settles them, the viewer shows, pauses and replays them. */
export const reactionCommands: ReadonlyArray<Command> = [
  ...each(
    "{spoor:reactions}:waiting",
    ["ZCARD"],
    ["ZADD", "0", "m"],
    ["ZREM", "m"],
    ["ZRANGEBYLEX", "-", "+"]
  ),
  ...each("{spoor:reactions}:claimable", ...sortedSet, ["ZRANGEBYSCORE", "-inf", "0"], ["ZRANGE", "0", "0"]),
  ...each("{spoor:reactions}:used", ["ZREVRANGE", "0", "1"]),
  ...each("{spoor:reactions}:deliveries", ...hash, ["HLEN"], ["HEXISTS", "f"]),
  ...each("{spoor:reactions}:lines", ["HINCRBY", "f", "1"], ["HGETALL"]),
  ...each("{spoor:reactions}:partitions", ["HMGET", "f"]),
  ...each("{spoor:reactions}:seen:0", ["HGET", "f"], ["HSET", "f", "v"], ["PEXPIRE", "1"]),
  ...each("{spoor:reactions}:gate:check", ["GET"], ["SET", "1", "PX", "1"]),
  ...each("{spoor:reactions}:calls", ["LLEN"], ["LPUSH", "call"], ["LTRIM", "0", "1"], ["LRANGE", "0", "1"]),
  ...writer("{spoor:reactions}")
]

/** The notifier and the viewer's page register devices, the deliverer reads them and removes addresses that are gone. */
export const deviceCommands: ReadonlyArray<Command> = [
  ...each(
    "{spoor:devices}:device:check",
    ["HMGET", "f"],
    ["HGET", "f"],
    ["HSETNX", "f", "v"],
    ["HSET", "f", "v"],
    ["HDEL", "f"],
    ["DEL"]
  ),
  ...each("{spoor:devices}:ids", ["ZADD", "0", "m"], ["ZREM", "m"], ["ZRANGEBYLEX", "-", "+"]),
  ...writer("{spoor:devices}")
]
