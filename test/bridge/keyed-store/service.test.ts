/** The store of keyed actors on Redis, on a Redis Cluster and in a file, against the same contract. */
import { afterAll, describe } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { redisKeyedStore } from "../../../bridge/keyed-store/redis.ts"
import { sqliteKeyedStore } from "../../../bridge/keyed-store/sqlite.ts"
import { hasRedisProgram, redisServer, secretUrl } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { type Running, serverUrl } from "../../support/server.ts"
import type { Place } from "./check.ts"
import { keyedContract } from "./contract.ts"

const at =
  (url: string): Place =>
  (horizon) =>
    redisKeyedStore(secretUrl(url), horizon)

const url = await serverUrl(redisServer)
describe.skipIf(url === undefined)("on Redis", () => keyedContract(Effect.succeed(at(url ?? ""))))

describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => {
  let cluster: Promise<Running | undefined> | undefined
  afterAll(async () => (await cluster)?.stop())
  keyedContract(
    Effect.promise(async () => {
      cluster ??= startRedisCluster()
      return at((await cluster)?.url ?? "")
    })
  )
})

describe("in a file", () =>
  keyedContract(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-keyed-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ).pipe(Effect.map((directory) => (horizon) => sqliteKeyedStore(directory, horizon)))
  ))
