/** Reads the queue of a world with the harness's own connection. */
import { Redis } from "ioredis"
import { eventually } from "../support/eventually.ts"

export interface QueueDepth {
  readonly waiting: number
  readonly claimed: number
  readonly leases: number
  readonly attempts: number
  readonly deadLetters: number
}

export interface QueueWatch {
  /** For other commands. It reconnects; commands fail while the server is down. */
  readonly redis: Redis
  readonly depth: () => Promise<QueueDepth>
  /** The keys of the batches that are claimed and not settled. */
  readonly claimed: () => Promise<ReadonlyArray<string>>
  /** Attempts used up by each claimed batch, and whether a drainer owns it now. */
  readonly attempts: () => Promise<ReadonlyMap<string, { readonly used: number; readonly isOwned: boolean }>>
  /** The texts of the dead letters. */
  readonly letters: () => Promise<ReadonlyArray<string>>
  /** Ends the leases of all claimed batches, as if their time had passed. */
  readonly endLeases: () => Promise<void>
  /** Returns when no line waits and no batch is claimed; fails after `within` milliseconds. */
  readonly drained: (within: number) => Promise<void>
  /** The counts of a consumer's table, as the projections hold them. */
  readonly table: (projection: string, table: string) => Promise<ReadonlyMap<string, number>>
  readonly close: () => void
}

export const watchQueue = (url: string, queueKey: string, deadLetterKey: string): QueueWatch => {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 10_000,
    retryStrategy: () => 50
  })
  redis.on("error", () => undefined)
  const key = (companion: string): string => `{${queueKey}}:${companion}`

  const depth = async (): Promise<QueueDepth> => {
    const [waiting, claimed, leases, attempts, deadLetters] = await Promise.all([
      redis.llen(queueKey),
      redis.hlen(key("claimed")),
      redis.zcard(key("leases")),
      redis.hlen(key("attempts")),
      redis.llen(deadLetterKey)
    ])
    return { waiting, claimed, leases, attempts, deadLetters }
  }

  return {
    redis,
    depth,
    claimed: () => redis.hkeys(key("claimed")),
    attempts: async () => {
      const found = new Map<string, { used: number; isOwned: boolean }>()
      for (const [batch, text] of Object.entries(await redis.hgetall(key("attempts")))) {
        const [used, owner] = text.split(" ")
        if (!batch.startsWith(">")) found.set(batch, { used: Number(used), isOwned: owner !== "" })
      }
      return found
    },
    letters: () => redis.lrange(deadLetterKey, 0, -1),
    endLeases: async () => {
      const batches = await redis.zrange(key("leases"), "0", "-1")
      const changes = batches.flatMap((batch) => ["1", batch])
      if (changes.length > 0) await redis.call("ZADD", key("leases"), "XX", ...changes)
    },
    drained: async (within) => {
      let last: unknown
      await eventually(
        "nothing waits and nothing is claimed",
        async () => {
          const now = await depth()
          last = now
          return now.waiting === 0 && now.claimed === 0
        },
        within
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; last depth ${JSON.stringify(last)}`)
      })
    },
    table: async (projection, table) => {
      const rows = await redis.zrangebyscore(
        `{spoor:${projection}}:table:${table}`,
        "-inf",
        "+inf",
        "WITHSCORES"
      )
      const counts = new Map<string, number>()
      for (let i = 0; i < rows.length; i += 2) counts.set(rows[i] ?? "", Number(rows[i + 1]))
      return counts
    },
    close: () => redis.disconnect()
  }
}
