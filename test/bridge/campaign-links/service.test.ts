/** The campaign links on Redis, on a Redis Cluster, on several servers and in a file, against the same contract. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { mirrored } from "../../../bridge/campaign-links/mirrored.ts"
import { redisLinks } from "../../../bridge/campaign-links/redis.ts"
import { sqliteLinks } from "../../../bridge/campaign-links/sqlite.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import { hasRedisProgram, redisServer, secretUrl } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { type Running, serverUrl } from "../../support/server.ts"
import { linksContract, type Place } from "./contract.ts"

const newKey = (): string => `links-test:${crypto.randomUUID()}`

/** An unused location on that server. */
const at = (url: string): Place => {
  const key = newKey()
  return (maxLinks) => redisLinks({ url: secretUrl(url), key, maxLinks })
}

/** Two stores on that server, as if they were on two. */
const twiceAt = (url: string): Place => {
  const [one, two] = [at(url), at(url)]
  return (maxLinks) =>
    Effect.map(Effect.all([one(maxLinks), two(maxLinks)]), ([first, second]) => mirrored([first, second]))
}

const url = await serverUrl(redisServer)
describe.skipIf(url === undefined)("on Redis", () => linksContract(Effect.sync(() => at(url ?? ""))))
describe.skipIf(url === undefined)("on several", () =>
  linksContract(
    Effect.sync(() => twiceAt(url ?? "")),
    false
  )
)

describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => {
  let cluster: Promise<Running | undefined> | undefined
  afterAll(async () => (await cluster)?.stop())
  linksContract(
    Effect.promise(async () => {
      cluster ??= startRedisCluster()
      return at((await cluster)?.url ?? "")
    })
  )
})

describe("in a file", () =>
  linksContract(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-links-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ).pipe(Effect.map((directory) => (maxLinks) => sqliteLinks(directory, maxLinks)))
  ))

describe.skipIf(url === undefined)("an invalid link in Redis", () => {
  test("counts as missing and does not hide other links", () =>
    Effect.gen(function* () {
      const key = newKey()
      const address = secretUrl(url ?? "")
      const store = yield* redisLinks({ url: address, key, maxLinks: 10 })
      const redis = yield* connect(address)
      for (const id of ["a", "b", "c", "d"]) yield* store.put({ id, default: "https://example.com/" })
      yield* redis.command("HSET", key, "b", "no JSON")
      yield* redis.command("HSET", key, "c", '{"id":7}')
      expect(yield* store.get("b")).toBeUndefined()
      expect(yield* store.get("c")).toBeUndefined()
      expect((yield* store.list(undefined, 10)).links.map(({ id }) => id)).toEqual(["a", "d"])
      const first = yield* store.list(undefined, 3)
      expect(first).toEqual({ links: [{ id: "a", default: "https://example.com/" }], next: "c" })
      expect((yield* store.list(first.next, 3)).links.map(({ id }) => id)).toEqual(["d"])
    }).pipe(Effect.scoped, Effect.runPromise))
})
