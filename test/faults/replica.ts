/** A replica of a world's Redis, which replicates through a proxy. Lives from `startReplica` until `end`. */
import { Redis } from "ioredis"
import { eventually } from "../support/eventually.ts"
import { privateRedis, type RedisServer } from "../support/redis.ts"
import { startProxy, type TcpProxy } from "./tcp-proxy.ts"

export interface Replica {
  readonly server: RedisServer
  /** The proxy of the replication. */
  readonly link: TcpProxy
  /**
   * Ends the replication, starts a replica of its own, and serves it at the address of the primary, which must have ended,
   * as Sentinel or an operator would.
   */
  readonly promote: () => Promise<void>
  readonly end: () => Promise<void>
}

/** Returns when the replica is in sync. */
export const startReplica = async (primary: RedisServer): Promise<Replica> => {
  const link = await startProxy(primary.port)
  const server = await privateRedis(["--replicaof", "127.0.0.1", String(link.port)])
  await server.start()
  const ask = async (...words: readonly [string, ...ReadonlyArray<string>]): Promise<string> => {
    const redis = new Redis(server.url, { maxRetriesPerRequest: 3 })
    redis.on("error", () => undefined)
    const [command, ...more] = words
    return String(await redis.call(command, ...more).finally(() => redis.disconnect()))
  }
  await eventually("the replica is in sync", async () =>
    (await ask("INFO", "replication")).includes("master_link_status:up")
  )
  let service: TcpProxy | undefined
  let successor: RedisServer | undefined
  return {
    server,
    link,
    promote: async () => {
      link.close()
      await ask("REPLICAOF", "NO", "ONE")
      successor = await privateRedis(["--replicaof", "127.0.0.1", String(server.port)])
      await successor.start()
      service = await startProxy(server.port, primary.port)
    },
    end: async () => {
      link.close()
      service?.close()
      await successor?.remove()
      await server.remove()
    }
  }
}
