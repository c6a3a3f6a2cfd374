/** The device mappings on Redis, on a Redis Cluster and in a file, against the same contract. */
import { afterAll, describe } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { redisDeviceMappings } from "../../../bridge/device-mappings/redis.ts"
import { sqliteDeviceMappings } from "../../../bridge/device-mappings/sqlite.ts"
import { hasRedisProgram, redisServer, secretUrl } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { type Running, serverUrl } from "../../support/server.ts"
import { mappingsContract } from "./contract.ts"

/** An unused location on that server. */
const at = (url: string) => redisDeviceMappings(secretUrl(url), {}, `{devices-test:${crypto.randomUUID()}}`)

const url = await serverUrl(redisServer)
describe.skipIf(url === undefined)("on Redis", () => mappingsContract(Effect.sync(() => at(url ?? ""))))

describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => {
  let cluster: Promise<Running | undefined> | undefined
  afterAll(async () => (await cluster)?.stop())
  mappingsContract(
    Effect.promise(async () => {
      cluster ??= startRedisCluster()
      return at((await cluster)?.url ?? "")
    })
  )
})

describe("in a file", () =>
  mappingsContract(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-devices-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ).pipe(Effect.map((directory) => sqliteDeviceMappings(directory)))
  ))
