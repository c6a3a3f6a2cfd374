/** The guarantees of a push: counted and appended in one step, refused at the limits, confirmed as QUEUE_CONFIRM requires. */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { type PushRules, standardRules } from "../../../bridge/ingest-queue/push-limits.ts"
import { confirmationOf, confirmedPush } from "../../../bridge/ingest-queue/redis/confirm.ts"
import { guaranteesOf, obstacleOf } from "../../../bridge/ingest-queue/redis/durability.ts"
import { pushScript } from "../../../bridge/ingest-queue/redis/push.ts"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import type { RedisFacts } from "../../../bridge/ingest-queue/redis/server-info.ts"
import type { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { onEveryQueue } from "../../support/queues.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"

const own: Array<OwnRedis> = []
const startOwn = async (args: ReadonlyArray<string> = []): Promise<OwnRedis> => {
  const server = await startRedis(args)
  if (server === undefined) throw new Error("redis-server is not installed")
  own.push(server)
  return server
}
afterAll(() => Promise.all(own.map((server) => server.stop())))

const run = <A>(effect: Effect.Effect<A, unknown, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const failureOf = (effect: Effect.Effect<unknown, Failure>): Promise<Failure> => run(Effect.flip(effect))
const lines = (count: number, from = 0): ReadonlyArray<ByteString> =>
  Array.from({ length: count }, (_, i) => `line ${from + i}` as ByteString)

const queueOn = (
  servers: ReadonlyArray<{ readonly url: string }>,
  rules: Partial<PushRules>,
  body: (queue: IngestQueue["Service"]) => Promise<void>
): Promise<void> =>
  run(
    Effect.flatMap(
      redisQueue({
        urls: servers.map(({ url }) => secretUrl(url)),
        queueKey: "{q}:lines",
        deadLetterKey: "{q}:invalid",
        rules: { ...standardRules, ...rules }
      }),
      (queue) => Effect.promise(() => body(queue))
    )
  )

const send = (server: { readonly url: string }, ...command: readonly [string, ...Array<string | number>]) =>
  run(Effect.flatMap(connect(secretUrl(server.url)), (redis) => redis.command(...command)))

await onEveryQueue((open) => {
  test("a push of many lines keeps their order, and all are counted", () =>
    run(
      Effect.gen(function* () {
        const { push, source } = yield* open
        yield* push(lines(12_345))
        yield* push([])
        yield* push(lines(3, 12_345))
        expect((yield* source.ledger(0)).pushed).toBe(12_348)
        const limits = { maxEvents: 20_000, maxBytes: 1e9, lease: 60_000 }
        const batch = yield* source.claim(newClaimId(), limits)
        expect(batch?.lines).toEqual(lines(12_348))
      })
    ))
})

describe.skipIf(!hasRedisProgram())("limits on Redis", () => {
  test("a push that begins below the limit is accepted whole; the next is refused and not counted", async () => {
    const server = await startOwn()
    await queueOn([server], { maxLength: 10 }, async (queue) => {
      await run(queue.push(lines(9)))
      await run(queue.push(lines(5)))
      const failure = await failureOf(queue.push(lines(1)))
      expect([failure.reason, failure.ambiguous]).toEqual(["busy", false])
      expect(failure.message).toContain("QUEUE_MAX_LENGTH")
      expect(await send(server, "LLEN", "{q}:lines")).toBe(14)
      expect(String(await send(server, "HGET", "{q}:lines:ledger", "pushed"))).toBe("14")
    })
  })

  test("a full server is skipped like a failing one; busy when all are full, unavailable when one is down", async () => {
    const [first, second] = [await startOwn(), await startOwn()]
    await queueOn([first, second], { maxLength: 2 }, async (queue) => {
      for (let i = 0; i < 2; i++) await run(queue.push(lines(2)))
      expect(await send(second, "LLEN", "{q}:lines")).toBe(2)
      expect((await failureOf(queue.push(lines(1)))).reason).toBe("busy")
      await send(first, "DEL", "{q}:lines")
      await run(queue.push(lines(2)))
      expect(await send(first, "LLEN", "{q}:lines")).toBe(2)
      await second.stop()
      await eventually(
        "the loss is detected",
        async () => (await failureOf(queue.push(lines(1)))).reason === "unavailable"
      )
    })
  })

  test("a push that cannot be counted is not done", async () => {
    const server = await startOwn()
    await send(server, "SET", "{q}:lines:ledger", "of another type")
    await queueOn([server], {}, async (queue) => {
      expect((await failureOf(queue.push(lines(1)))).reason).toBe("unavailable")
      expect(await send(server, "LLEN", "{q}:lines")).toBe(0)
    })
  })
})

describe.skipIf(!hasRedisProgram())("confirmed pushes", () => {
  test("on a cluster WAIT is sent to the node that has the lines", async () => {
    const cluster = await startRedisCluster()
    if (cluster === undefined) throw new Error("redis-server is not installed")
    try {
      await queueOn([cluster], { confirm: "replica" }, async (queue) => {
        expect((await failureOf(queue.push(lines(1)))).reason).toBe("unavailable")
      })
      const nodes = String(await send(cluster, "CLUSTER", "NODES"))
        .trim()
        .split("\n")
      for (const node of nodes) {
        const [id = "", address = ""] = node.split(" ")
        const replica = await startOwn(["--cluster-enabled", "yes", "--repl-diskless-sync-delay", "0"])
        await send(replica, "CLUSTER", "MEET", "127.0.0.1", /:(\d+)@/.exec(address)?.[1] ?? "")
        await eventually("the master is known", () =>
          send(replica, "CLUSTER", "REPLICATE", id).then(() => true)
        )
      }
      const push = (key: string, confirmation: readonly ["WAIT", number, number]) =>
        run(
          Effect.flatMap(confirmedPush(secretUrl(cluster.url), key, pushScript, undefined), (confirmed) =>
            Effect.result(confirmed([key, `${key}:ledger`], [0, 0, "line"], () => confirmation, 5_000))
          )
        )
      // One key on each master: the connection begins with the first.
      for (const key of ["{a}", "{b}", "{c}", "{q}"])
        await eventually(
          `${key} is confirmed`,
          async () => (await push(key, ["WAIT", 1, 1000]))._tag === "Success"
        )
    } finally {
      await cluster.stop()
    }
  })

  test("a server without WAITAOF is detected before anything is written", async () => {
    const server = await startOwn(["--appendonly", "yes"])
    const failure = await run(
      Effect.flatMap(confirmedPush(secretUrl(server.url), "q", pushScript, undefined), (confirmed) =>
        Effect.flip(confirmed(["q", "l"], [0, 0, "line"], (ms) => ["WAITAOF?", 1, 0, ms], 5_000))
      )
    )
    expect(failure.reason).toBe("unavailable")
    expect(await send(server, "EXISTS", "q")).toBe(0)
  })
})

describe("the reported state of a server", () => {
  const redis72: RedisFacts = {
    maxMemory: 0,
    eviction: "noeviction",
    hasLog: true,
    fsync: "everysec",
    fsyncPauses: false,
    hasSnapshots: true,
    knowsWaitAof: true,
    replicas: 1,
    minReplicas: 0,
    isCluster: false
  }
  const old: RedisFacts = { ...redis72, knowsWaitAof: false }
  const hidden: RedisFacts = {
    maxMemory: undefined,
    eviction: undefined,
    hasLog: undefined,
    fsync: undefined,
    fsyncPauses: undefined,
    hasSnapshots: undefined,
    knowsWaitAof: false,
    replicas: undefined,
    minReplicas: 0,
    isCluster: false
  }
  const disk: PushRules = { ...standardRules, confirm: "disk" }

  test("disk: no confirmation with appendfsync always, WAITAOF where supported, else an obstacle", () => {
    expect(confirmationOf("disk", { ...old, fsync: "always" })).toBeUndefined()
    expect(obstacleOf({ ...old, fsync: "always" }, disk)).toBeUndefined()
    expect(confirmationOf("disk", redis72)?.(7)).toEqual(["WAITAOF", 1, 0, 7])
    expect(obstacleOf(redis72, disk)).toBeUndefined()
    expect(obstacleOf({ ...redis72, hasLog: false }, disk)).toContain("set appendonly to yes")
    expect(obstacleOf(old, disk)).toContain("Redis 7.2")
    expect(obstacleOf({ ...old, fsync: "always", fsyncPauses: true }, disk)).toContain(
      "no-appendfsync-on-rewrite"
    )
    expect(obstacleOf(hidden, disk)).toContain("QUEUE_CONFIRM=disk")
    expect(obstacleOf({ ...hidden, knowsWaitAof: true }, disk)).toBeUndefined()
  })

  test("an unreported value is no obstacle; a policy that deletes events is", () => {
    expect(obstacleOf(hidden, standardRules)).toBeUndefined()
    expect(obstacleOf({ ...old, maxMemory: 1e6, eviction: "volatile-lru" }, standardRules)).toBeUndefined()
    expect(obstacleOf({ ...old, maxMemory: 1e6, eviction: "allkeys-lfu" }, standardRules)).toContain(
      "noeviction"
    )
    expect(obstacleOf({ ...old, maxMemory: 0, eviction: "allkeys-lfu" }, standardRules)).toBeUndefined()
  })

  test("the guarantees are described", () => {
    expect(guaranteesOf(hidden, standardRules)).toBe("an acknowledged event is in its memory.")
    expect(guaranteesOf({ ...old, minReplicas: 1 }, standardRules)).toBe(
      "an acknowledged event is in its memory. A crash may lose the most recent events, because Redis does not write during an fsync; a power failure may lose events of about the last second (appendfsync everysec). A failover loses the events that the replica has not received yet. It refuses writes with fewer than 1 replicas."
    )
    expect(
      guaranteesOf({ ...old, fsync: "always", maxMemory: 1 }, { ...standardRules, confirm: "replica" })
    ).toBe(
      "an acknowledged event is in its memory and in that of a replica. Neither a crash nor a power failure loses such an event. A failover to that replica loses no event. When its memory is full, it refuses pushes."
    )
  })
})
