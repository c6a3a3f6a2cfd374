/**
 * The users of deploy/redis/users.acl on a real Redis: every actor that uses Redis does its work as its own user, the
 * server denies nothing of it, and it denies what the user has no business with.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect } from "@nats-io/transport-node"
import { Effect } from "effect"
import { Redis } from "ioredis"
import { redisQueue } from "../../bridge/ingest-queue/redis/queue.ts"
import { redisReactionStore } from "../../bridge/reaction-store/redis/store.ts"
import type { NewDelivery, ReactionStore } from "../../bridge/reaction-store/service.ts"
import type { ByteString } from "../../contracts/event.ts"
import { eventId, newBatchId, type Topic } from "../../contracts/ids.ts"
import {
  newPushId,
  pushSubject,
  readPushedReply,
  writePushedLines
} from "../../contracts/messages/pushed-lines.ts"
import type { DeliveryId, TargetName } from "../../contracts/reactions/delivery.ts"
import { eventually } from "../support/eventually.ts"
import { privateNats } from "../support/nats.ts"
import { hasRedisProgram, type OwnRedis, privateRedis, secretUrl, startRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const template = readFileSync(join(import.meta.dirname, "..", "..", "deploy", "redis", "users.acl"), "utf8")
const passwordOf = (user: string): string => `of-${user.toLowerCase()}`

/** Every user; only `admin` is the test's own. */
const users = `${template.replaceAll(/\$\{REDIS_PASSWORD_(\w+)\}/g, (_, user: string) => passwordOf(user))}
user admin on >of-admin ~* +@all
`

/** Each call of the store of reactions. */
const useReactions = Effect.fnUntraced(function* (store: ReactionStore["Service"], user: string) {
  const partition = { topic: "events" as Topic, partition: 0 }
  const target = "https://shop.example" as TargetName
  const delivery: NewDelivery = {
    ...{ id: `${user}.r` as DeliveryId, rule: "r", target, due: 0, expires: Date.now() + 60_000 },
    ...{ limits: { concurrency: 2, perSecond: 100 }, content: new Uint8Array([1]) },
    gates: [{ kind: "once", key: user, at: Date.now(), until: Date.now() + 1_000 }]
  }
  const breaker = { failures: 5, openMs: 1_000, maxOpenMs: 60_000 }
  const { version, fences } = yield* store.load(
    partition,
    [{ offset: "0", id: eventId(newBatchId(), 0) }],
    "1"
  )
  const changes = { fences, handled: 1, deliveries: [delivery], suppressed: [] }
  expect((yield* store.commit(partition, version, changes))?.added).toEqual([delivery.id])
  yield* store.awaitDue(1_000)
  const [claimed] = yield* store.claim(user, { max: 1, leaseMs: 60_000, concurrency: 8 })
  if (claimed === undefined) throw new Error("Nothing was claimed.")
  yield* store.renew([claimed], 60_000)
  const settlement = {
    ...{ id: claimed.id, lease: claimed.lease, outcome: { kind: "dead" } as const },
    ...{ health: "failed" as const, call: { at: Date.now(), rule: "r", target, text: "{}" } }
  }
  expect(yield* store.settle([settlement], breaker)).toEqual([true])
  yield* store.pause(target)
  yield* store.resume(target)
  yield* store.enable(target, "r")
  expect(yield* store.discard(claimed.id)).toBe(true)
  expect(yield* store.replay(delivery)).toBe("gone")
  yield* store.putRule({ name: "r", text: "{}" })
  yield* store.removeRule("r")
  expect((yield* store.calls({}, 10)).length).toBeGreaterThan(0)
  expect((yield* store.targets(10)).length).toBeGreaterThan(0)
  expect((yield* store.ledger).waiting).toBe(0)
  expect((yield* store.rules).rules).toEqual([])
})

describe.skipIf(!hasRedisProgram())("under the users of deploy/redis/users.acl", () => {
  let redis: OwnRedis
  let admin: Redis
  const running: Array<Spoor> = []
  const urlFor = (user: string): string => `redis://${user}:${passwordOf(user)}@127.0.0.1:${redis.port}`

  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), "spoor-acl-")), "users.acl")
    writeFileSync(file, users)
    const started = await startRedis(["--aclfile", file, "--appendonly", "yes", "--appendfsync", "always"])
    if (started === undefined) throw new Error("redis-server did not start")
    redis = started
    admin = new Redis(urlFor("admin"))
  }, 60_000)

  afterAll(async () => {
    for (const spoor of running) await spoor.end("SIGKILL")
    admin?.disconnect()
    await redis?.stop()
  })

  const denied = async (): Promise<ReadonlyArray<string>> =>
    ((await admin.call("ACL", "LOG")) as ReadonlyArray<ReadonlyArray<unknown>>).map((entry) =>
      entry.filter((_, i) => i % 2 === 1).join(" ")
    )

  test("the gateway pushes, shares rates, keeps links and salts", async () => {
    const spoor = await startSpoor(
      ["gateway"],
      ownSettings({
        REDIS_URL: urlFor("gateway"),
        LINKS_TOKEN: "a-token-of-the-test",
        VISITOR_ID: "daily",
        RATE_LIMIT_PER_ADDRESS: "100/s",
        RATE_LIMIT_SHARED: "true",
        QUEUE_CONFIRM: "disk"
      })
    )
    running.push(spoor)
    const url = spoor.address("send events").origin
    expect((await fetch(`${url}/t/permitted?n=1`)).status).toBe(200)
    expect(await admin.llen("click_queue")).toBe(1)
    const body = JSON.stringify({ id: "spring", default: "https://shop.example/" })
    const headers = { authorization: "Bearer a-token-of-the-test", "content-type": "application/json" }
    const made = await fetch(`${url}/api/v1/links`, { method: "POST", headers, body })
    expect([made.status, await made.text()]).toEqual([201, expect.stringContaining("spring")])
    expect((await fetch(`${url}/click/spring/go`, { redirect: "manual" })).status).toBe(307)
    expect((await fetch(`${url}/api/v1/links`, { headers })).status).toBe(200)
    expect((await fetch(`${url}/api/v1/links/spring`, { method: "DELETE", headers })).status).toBe(204)
    const keys = "{spoor:visitor}:*"
    await eventually("a salt is there", async () => (await admin.keys(keys)).length > 0)
    await eventually("rates are shared", async () => (await admin.keys("{spoor:rate}:*")).length > 0)
    expect(await denied()).toEqual([])
  }, 60_000)

  test("the receiver pushes what edges push", async () => {
    const nats = await privateNats()
    await nats.start()
    const settings = { REDIS_URL: urlFor("receiver"), NATS_URL: nats.url, QUEUE_CONFIRM: "disk" }
    running.push(await startSpoor(["receiver"], ownSettings(settings)))
    const nc = await connect({ servers: nats.url.replace("nats://", "") })
    const pushed = { id: newPushId(), lines: ["a line of an edge" as ByteString] }
    await eventually("it is pushed", async () => {
      const reply = await nc.request(pushSubject, writePushedLines(pushed), { timeout: 2_000 })
      return readPushedReply(reply.data, pushed).count === 1
    })
    expect(await denied()).toEqual([])
    expect(await admin.rpop("click_queue")).toBe("a line of an edge")
    await nc.close()
    await nats.remove()
  }, 60_000)

  test("drainer, counters and viewer read the queue and count", async () => {
    const shared = ownSettings()
    const start = async (names: ReadonlyArray<string>, more: Record<string, string>): Promise<Spoor> => {
      const spoor = await startSpoor(names, { ...shared, VIEWER_HOST: "127.0.0.1", ...more })
      running.push(spoor)
      return spoor
    }
    await admin.rpush("click_queue", "a line that nobody can read")
    const spoor = await start(["drainer", "enricher", "bridge", "event-counter", "viewer"], {
      REDIS_URL: urlFor("viewer"),
      PROJECTIONS_URL: urlFor("consumer")
    })
    const viewer = spoor.address("watch them").origin
    await eventually("the line is a dead letter", async () => (await admin.llen("click_invalid")) === 1)
    await eventually(
      "events are counted",
      async () => (await admin.keys("{spoor:event-counter}:*")).length > 1
    )
    expect((await fetch(`${viewer}/api/ledger`)).status).toBe(200)
    expect((await fetch(`${viewer}/api/dead-letters`)).status).toBe(200)
    expect(await denied()).toEqual([])
  }, 60_000)

  test("the reactor keeps deliveries; the deliverer claims them, sends events and adds dead letters", async () => {
    for (const before of running.splice(0)) await before.end()
    const rules = join(mkdtempSync(join(tmpdir(), "spoor-rules-")), "rules.json")
    const call = { url: "http://127.0.0.1:9/refused" }
    writeFileSync(
      rules,
      JSON.stringify({
        rules: [
          { name: "echo", when: { type: "started" }, do: { emit: { type: "echoed" } } },
          { name: "refused", when: { type: "echoed" }, do: { call } }
        ]
      })
    )
    const others = ["gateway", "drainer", "enricher", "bridge", "reactor"]
    const spoor = await startSpoor(
      others,
      ownSettings({ REDIS_URL: urlFor("viewer"), PROJECTIONS_URL: urlFor("consumer"), RULES: rules })
    )
    const own = { REDIS_URL: urlFor("deliverer"), PROJECTIONS_URL: urlFor("deliverer") }
    running.push(spoor, await startSpoor(["deliverer"], ownSettings(own)))
    const before = await admin.llen("click_invalid")
    expect((await fetch(new URL("/t/started", spoor.address("send events")))).status).toBe(200)
    // The address of this machine is refused, so the call for the event of the first rule becomes a dead letter.
    await eventually("a dead letter", async () => (await admin.llen("click_invalid")) === before + 1, 30_000)
    expect(await admin.lrange("click_invalid", 0, -1)).toContainEqual(expect.stringContaining("deliverer"))
    expect(await denied()).toEqual([])
  }, 90_000)

  test("the drainer alone needs no more than its own user may", async () => {
    for (const before of running.splice(0)) await before.end()
    const spoor = await startSpoor(
      ["drainer", "enricher", "bridge"],
      ownSettings({ REDIS_URL: urlFor("drainer") })
    )
    running.push(spoor)
    await admin.rpush("click_queue", "another line that nobody can read")
    await eventually("the line is a dead letter", async () => (await admin.llen("click_invalid")) === 3)
    await eventually("it exports the figures of the queue", async () => {
      const figures = await fetch(new URL("/metrics", spoor.address("health")))
      return /^spoor_queue_dead_letters\{.*\} 3$/m.test(await figures.text())
    })
    expect(await denied()).toEqual([])
  }, 60_000)

  test("consumers and the viewer keep the deliveries of rules", async () => {
    for (const user of ["consumer", "viewer"])
      await Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(redisReactionStore(secretUrl(urlFor(user)), 3_600_000), (store) =>
            useReactions(store, user)
          )
        )
      )
    expect(await denied()).toEqual([])
  }, 60_000)

  const forbidden: ReadonlyArray<readonly [user: string, ...command: ReadonlyArray<string>]> = [
    ["gateway", "LRANGE", "click_invalid", "0", "-1"],
    ["gateway", "SET", "{click_queue}:figures", "a gateway"],
    ["gateway", "HGETALL", "{spoor:event-counter}:offsets"],
    ["drainer", "GET", "{spoor:visitor}:salt:1"],
    ["drainer", "FLUSHALL"],
    ["deliverer", "HGETALL", "{click_queue}:leases"],
    ["deliverer", "FLUSHALL"],
    ["consumer", "LLEN", "click_queue"],
    ["viewer", "CONFIG", "SET", "maxmemory", "1"],
    ["viewer", "KEYS", "*"],
    ["tracker", "LRANGE", "click_queue", "0", "-1"],
    ["tracker", "DEL", "click_queue"]
  ]
  for (const [user, name = "", ...args] of forbidden)
    test(`${user} may not ${name} ${args.join(" ")}`, async () => {
      const client = new Redis(urlFor(user), {
        lazyConnect: true,
        disableClientInfo: true,
        enableReadyCheck: false
      })
      await client.connect()
      await expect(client.call(name, ...args)).rejects.toThrow(/NOPERM/)
      client.disconnect()
    })

  test("a tracker may push lines, and nobody is let in without a password", async () => {
    const tracker = new Redis(urlFor("tracker"), { disableClientInfo: true, enableReadyCheck: false })
    expect(await tracker.rpush("click_queue", "a line")).toBeGreaterThan(0)
    tracker.disconnect()
    const stranger = new Redis(`redis://127.0.0.1:${redis.port}`, {
      disableClientInfo: true,
      enableReadyCheck: false,
      retryStrategy: () => null
    })
    stranger.on("error", () => {})
    await expect(stranger.llen("click_queue")).rejects.toThrow(/NOAUTH/)
    stranger.disconnect()
  })
})

describe.skipIf(!hasRedisProgram())("a Redis with these users that is killed", () => {
  test("has after its restart what scripts wrote: the default user, which reads the append-only file, may do all", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "spoor-acl-")), "users.acl")
    writeFileSync(file, users)
    const redis = await privateRedis(["--aclfile", file], "always")
    await redis.start()
    const settings = {
      urls: [secretUrl(`redis://drainer:${passwordOf("drainer")}@127.0.0.1:${redis.port}`)],
      queueKey: "click_queue",
      deadLetterKey: "click_invalid"
    }
    const lines = Array.from({ length: 10 }, (_, i) => `line ${i}` as ByteString)
    await Effect.runPromise(Effect.scoped(Effect.flatMap(redisQueue(settings), ({ push }) => push(lines))))
    await redis.kill()
    await redis.start()
    const [ledger] = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(redisQueue(settings), ({ sources }) =>
          Effect.forEach(sources, (source) => source.ledger(0))
        )
      )
    )
    await redis.remove()
    expect(ledger).toMatchObject({ waiting: 10, pushed: 10 })
  }, 30_000)
})
