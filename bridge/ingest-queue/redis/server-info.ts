/** The memory limit, persistence and replicas that a Redis server reports. An unreported value is undefined. */
import { Effect, Option } from "effect"
import type { Command, RedisConnection, Reply } from "../../redis/connection.ts"

export interface RedisFacts {
  /** Bytes; 0 for no limit. */
  readonly maxMemory: number | undefined
  /** What it does when its memory is full: `noeviction`, `allkeys-lru`, … */
  readonly eviction: string | undefined
  /** True with an append-only file. */
  readonly hasLog: boolean | undefined
  /** When the append-only file reaches the disk: `always`, `everysec`, `no`. */
  readonly fsync: string | undefined
  /** True when `always` is suspended while the file is rewritten. */
  readonly fsyncPauses: boolean | undefined
  readonly hasSnapshots: boolean | undefined
  /** True when it supports WAITAOF (Redis 7.2). */
  readonly knowsWaitAof: boolean
  readonly replicas: number | undefined
  /** With fewer replicas it refuses to write. */
  readonly minReplicas: number
  readonly isCluster: boolean
}

/** Reads the values now. Never fails. `isReported`: the server reported at least one value. */
export const readServerInfo = (
  connection: RedisConnection
): Effect.Effect<{ readonly facts: RedisFacts; readonly isReported: boolean }> => {
  const ask = (...command: Command) =>
    Effect.map(Effect.option(connection.command(...command)), Option.getOrUndefined)
  const config = (name: string) => Effect.map(ask("CONFIG", "GET", name), (reply) => textOf(reply, 1))
  return Effect.map(
    Effect.all(
      {
        info: ask("INFO"),
        fsync: config("appendfsync"),
        pauses: config("no-appendfsync-on-rewrite"),
        save: config("save"),
        minReplicas: config("min-replicas-to-write"),
        waitAof: ask("COMMAND", "INFO", "WAITAOF")
      },
      { concurrency: "unbounded" }
    ),
    ({ info, fsync, pauses, save, minReplicas, waitAof }) => {
      const reported = linesOf(textOf(info))
      const number = (name: string) => (reported.has(name) ? Number(reported.get(name)) : undefined)
      const flag = (name: string) => (reported.has(name) ? reported.get(name) === "1" : undefined)
      return {
        isReported: info !== undefined || fsync !== undefined,
        facts: {
          maxMemory: number("maxmemory"),
          eviction: reported.get("maxmemory_policy"),
          hasLog: flag("aof_enabled"),
          fsync,
          fsyncPauses: pauses === undefined ? undefined : pauses === "yes",
          hasSnapshots: save === undefined ? undefined : save !== "",
          knowsWaitAof: Array.isArray(waitAof) && Array.isArray(waitAof[0]),
          replicas: number("connected_slaves"),
          minReplicas: Number(minReplicas ?? 0),
          isCluster: flag("cluster_enabled") === true
        }
      }
    }
  )
}

/** How long the values are cached, milliseconds; and how long when the server did not reply. */
const [cacheMs, retryMs] = [5000, 1000]

/** The facts, never older than a few seconds. */
export interface FreshFacts {
  /** Undefined when they must be read. */
  readonly known: (now: number) => RedisFacts | undefined
  /** Reads them. Concurrent callers use the previous values, if there are any. */
  readonly read: (now: number) => Effect.Effect<RedisFacts>
}

export const freshFacts = (connection: RedisConnection): FreshFacts => {
  let known: RedisFacts | undefined
  let until = 0
  return {
    known: (now) => (now < until ? known : undefined),
    read: (now) =>
      Effect.suspend(() => {
        until = now + retryMs
        return Effect.map(readServerInfo(connection), ({ facts, isReported }) => {
          if (isReported) until = now + cacheMs
          known = facts
          return facts
        })
      })
  }
}

/** The lines `name:value` of an INFO reply. */
const linesOf = (text: string | undefined): ReadonlyMap<string, string> =>
  new Map(
    (text ?? "")
      .split("\r\n")
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)])
  )

/** A text reply, or the text at `place` of a list of them. */
const textOf = (reply: Reply | undefined, place?: number): string | undefined => {
  const one = Array.isArray(reply) && place !== undefined ? reply[place] : reply
  return one instanceof Uint8Array ? one.toString() : undefined
}
