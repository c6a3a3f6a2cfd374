/** A centre for tests of the edge: a gateway or a receiver with a Redis of its own, that can be killed and started again. */
import { Redis } from "ioredis"
import { startRedis } from "../../support/redis.ts"
import { freePort } from "../../support/server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

export const secret = "a-secret-of-the-edge-0123456789"

export interface Centre {
  /** The address of its gateway. */
  readonly url: string
  readonly start: () => Promise<void>
  /** Kills its actors (SIGKILL). The queue stays. */
  readonly kill: () => Promise<void>
  /** Path and query of each line in the queue, in order; they stay there. */
  readonly lines: () => Promise<ReadonlyArray<string>>
  /** The whole lines in the queue. */
  readonly wholeLines: () => Promise<ReadonlyArray<string>>
  /** Empties the queue. */
  readonly clear: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** Not yet started. Call it only where `hasRedisProgram()`. */
export const makeCentre = async (
  actor: "gateway" | "receiver" = "gateway",
  more: Environment = {}
): Promise<Centre> => {
  const server = await startRedis()
  if (server === undefined) throw new Error("The centre needs redis-server.")
  const redis = new Redis(server.url)
  const port = await freePort()
  const settings = ownSettings({
    REDIS_URL: server.url,
    GATEWAY_PORT: String(port),
    EDGE_SECRET: secret,
    ...more
  })
  let spoor: Spoor | undefined
  const wholeLines = (): Promise<ReadonlyArray<string>> => redis.lrange("click_queue", 0, -1)
  const kill = async (): Promise<void> => {
    await spoor?.end("SIGKILL")
    spoor = undefined
  }
  return {
    url: `http://127.0.0.1:${port}`,
    start: async () => {
      spoor = await startSpoor([actor], settings)
    },
    kill,
    wholeLines,
    lines: async () => (await wholeLines()).map((line) => line.split(" ").slice(4, 6).join(" ")),
    clear: async () => void (await redis.del("click_queue")),
    remove: async () => {
      redis.disconnect()
      await kill()
      await server.stop()
    }
  }
}
