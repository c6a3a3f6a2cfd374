/** A Redis Cluster of two masters for tests: keys with a low slot on the first, the others on the second. */
import { Effect } from "effect"
import { connect } from "../../bridge/redis/connection.ts"
import { eventually } from "./eventually.ts"
import { type OwnRedis, secretUrl, startRedis } from "./redis.ts"
import type { Running } from "./server.ts"

/** Starts the cluster; its URL is that of the first master. Undefined if redis-server is not installed. */
export const startRedisCluster = async (): Promise<Running | undefined> => {
  const first = await startNode()
  const second = await startNode()
  if (first === undefined || second === undefined) return undefined
  const half = 16384 / 2
  await send(first, "CLUSTER", "ADDSLOTS", ...range(0, half))
  await send(second, "CLUSTER", "ADDSLOTS", ...range(half, 16384))
  await send(first, "CLUSTER", "MEET", "127.0.0.1", second.port)
  for (const node of [first, second])
    await eventually("the cluster is complete", async () => {
      const info = String(await send(node, "CLUSTER", "INFO"))
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:2")
    })
  return {
    url: first.url,
    stop: async () => {
      await first.stop()
      await second.stop()
    }
  }
}

const startNode = (): Promise<OwnRedis | undefined> => startRedis(["--cluster-enabled", "yes"])

const send = (node: OwnRedis, name: string, ...args: ReadonlyArray<string | number>) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(connect(secretUrl(node.url)), (connection) => connection.command(name, ...args))
    )
  )

const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from }, (_, i) => from + i)
