/** The store of reactions on Redis, on a Redis Cluster and in a file, against the same contract. */
import { afterAll, describe } from "bun:test"
import { hasRedisProgram, startRedis } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { reactionContract } from "./contract.ts"
import { inFile, onServer } from "./places.ts"

describe.skipIf(!hasRedisProgram())("on Redis", () => {
  const { place, stop } = onServer(() => startRedis())
  afterAll(stop)
  reactionContract(place)
})

describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => {
  const { place, stop } = onServer(startRedisCluster)
  afterAll(stop)
  reactionContract(place)
})

describe("in a file", () => reactionContract(inFile))
