/** A gateway on the measured core, with a Redis of its own on the other cores. Both live while `work` runs. */
import { Redis } from "ioredis"
import { startRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import { pin } from "./pinned.ts"
import type { LoadRequest } from "./wrk.ts"

export interface MeasuredGateway {
  readonly spoor: Spoor
  readonly redis: Redis
  readonly redisUrl: string
}

/** A typical event of an app. */
export const get: LoadRequest = {
  path: "/t/app_open?deviceid=abcdef0123456789&ts=123456&referrer=website&platform=android&version=4.2.1"
}

export const withGateway = async <A>(work: (gateway: MeasuredGateway) => Promise<A>): Promise<A> => {
  const server = await startRedis()
  if (server === undefined) throw new Error("Install redis-server.")
  pin(server.pid, "load")
  const redis = new Redis(server.url)
  const spoor = await startSpoor(["gateway"], ownSettings({ REDIS_URL: server.url, LOG_LEVEL: "Error" }))
  pin(spoor.process.pid, "measured")
  try {
    return await work({ spoor, redis, redisUrl: server.url })
  } finally {
    redis.disconnect()
    await spoor.end()
    await server.stop()
  }
}
