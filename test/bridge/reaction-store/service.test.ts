/** The store of reactions on Redis, on a Redis Cluster and in a file, against the same contract. */
import { afterAll, describe } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { redisReactionStore } from "../../../bridge/reaction-store/redis/store.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import type { Running } from "../../support/server.ts"
import type { Place } from "./check.ts"
import { reactionContract } from "./contract.ts"

/** All reactions of a server are one store, so each check begins with an empty server. */
const emptied = (start: () => Promise<Running | undefined>) => {
  let started: Promise<Running | undefined> | undefined
  afterAll(async () => (await started)?.stop())
  return Effect.gen(function* () {
    started ??= start()
    const running = yield* Effect.promise(async () => started)
    const url = secretUrl(running?.url ?? "")
    const connection = yield* connect(url)
    yield* connection.script("return redis.call('FLUSHDB')")(["{spoor:reactions}:waiting"], [])
    const place: Place = (horizon) => redisReactionStore(url, horizon)
    return place
  })
}

describe.skipIf(!hasRedisProgram())("on Redis", () => reactionContract(emptied(() => startRedis())))

describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => reactionContract(emptied(startRedisCluster)))

describe("in a file", () =>
  reactionContract(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-reactions-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ).pipe(Effect.map((directory) => (horizon) => sqliteReactionStore(directory, horizon)))
  ))
