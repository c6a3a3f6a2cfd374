/** The store of campaign links that the settings choose. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { layer } from "../../../bridge/campaign-links/layer.ts"
import { CampaignLinks } from "../../../bridge/campaign-links/service.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import { redisServer, secretUrl } from "../../support/redis.ts"
import { serverUrl } from "../../support/server.ts"

const link = { id: "a", default: "https://example.com/" }

/** Puts a link with these settings. */
const putWith = (environment: Readonly<Record<string, string>>) =>
  Effect.runPromiseExit(
    Effect.gen(function* () {
      const links = yield* CampaignLinks
      return yield* links.put(link)
    }).pipe(
      Effect.provide(layer),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment)))
    )
  )

test("without REDIS_URL, links are in a file in DATA_DIR", async () => {
  const directory = mkdtempSync(join(tmpdir(), "spoor-links-"))
  expect((await putWith({ DATA_DIR: directory }))._tag).toBe("Success")
  expect(existsSync(join(directory, "links.sqlite"))).toBe(true)
  rmSync(directory, { recursive: true })
})

test("an invalid URL ends the start", async () => {
  const exit = await putWith({ REDIS_URL: "http://x" })
  expect(JSON.stringify(exit)).toContain("A Redis URL must read")
})

const url = await serverUrl(redisServer)
describe.skipIf(url === undefined)("with REDIS_URL", () => {
  const address = url ?? ""
  const has = (at: string, key: string) =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(connect(secretUrl(at)), (redis) => redis.command("HEXISTS", key, "a")))
    )

  test("links are on every server, in the slot of the queue", async () => {
    const queue = `queue-${crypto.randomUUID()}`
    const [one, two] = [`${address}/0`, `${address}/1`]
    expect((await putWith({ REDIS_URL: `${one}, ${two}`, QUEUE_KEY: queue }))._tag).toBe("Success")
    expect(await has(one, `{${queue}}:links`)).toBe(1)
    expect(await has(two, `{${queue}}:links`)).toBe(1)
  })

  test("links are under LINKS_KEY", async () => {
    const key = `links-${crypto.randomUUID()}`
    expect((await putWith({ REDIS_URL: address, LINKS_KEY: key }))._tag).toBe("Success")
    expect(await has(address, key)).toBe(1)
  })

  test("the hash tag of the queue's key is kept", async () => {
    const slot = crypto.randomUUID()
    expect((await putWith({ REDIS_URL: address, QUEUE_KEY: `{${slot}}:queue` }))._tag).toBe("Success")
    expect(await has(address, `{${slot}}:queue:links`)).toBe(1)
  })
})
