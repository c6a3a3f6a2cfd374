/** The projection store on Redis, on a Redis Cluster and in a file, against the same contract. */
import { afterAll, describe } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { redisProjections } from "../../../bridge/projection-store/redis.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { hasRedisProgram, redisServer, secretUrl } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { type Running, serverUrl } from "../../support/server.ts"
import { type Place, storeContract } from "./contract.ts"

const at =
  (url: string): Place =>
  (limits) =>
    redisProjections(secretUrl(url), limits)

const url = await serverUrl(redisServer)
describe.skipIf(url === undefined)("on Redis", () => storeContract(Effect.succeed(at(url ?? ""))))

describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => {
  let cluster: Promise<Running | undefined> | undefined
  afterAll(async () => (await cluster)?.stop())
  storeContract(
    Effect.promise(async () => {
      cluster ??= startRedisCluster()
      return at((await cluster)?.url ?? "")
    })
  )
})

describe("in a file", () =>
  storeContract(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-projections-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ).pipe(Effect.map((directory) => (limits) => sqliteProjections(directory, limits)))
  ))
