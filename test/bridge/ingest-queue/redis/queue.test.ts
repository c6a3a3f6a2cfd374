/** The ingest queue on Redis beyond the contract: several servers, failing servers, full memory. */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { type PushRules, standardRules } from "../../../../bridge/ingest-queue/push-limits.ts"
import { checkDurability } from "../../../../bridge/ingest-queue/redis/durability.ts"
import { queueKeys } from "../../../../bridge/ingest-queue/redis/keys.ts"
import { redisQueue } from "../../../../bridge/ingest-queue/redis/queue.ts"
import type { ClaimedBatch, ClaimLimits, IngestQueue } from "../../../../bridge/ingest-queue/service.ts"
import { connect } from "../../../../bridge/redis/connection.ts"
import type { DeadLetter } from "../../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { Failure } from "../../../../contracts/failure.ts"
import { eventId, newClaimId, type Topic } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../../support/redis.ts"
import { freePort } from "../../../support/server.ts"

const own: Array<OwnRedis> = []
const startOwn = async (args: ReadonlyArray<string> = [], port?: number): Promise<OwnRedis> => {
  const server = await startRedis(args, port)
  if (server === undefined) throw new Error("redis-server is not installed")
  own.push(server)
  return server
}
afterAll(() => Promise.all(own.map((server) => server.stop())))

const limits: ClaimLimits = { maxEvents: 1000, maxBytes: 512 * 1024, lease: 3_600_000 }
const bytes = (...lines: ReadonlyArray<string>): ReadonlyArray<ByteString> =>
  lines as ReadonlyArray<ByteString>
const run = <A>(effect: Effect.Effect<A, unknown, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const failureOf = (effect: Effect.Effect<unknown, Failure>): Promise<Failure> => run(Effect.flip(effect))

/** Runs the test with a queue on these servers. */
const queueOn = (
  servers: ReadonlyArray<{ readonly url: string }>,
  body: (queue: IngestQueue["Service"]) => Promise<void>,
  rules: PushRules = standardRules
): Promise<void> =>
  run(
    Effect.flatMap(
      redisQueue({
        urls: servers.map((server) => secretUrl(server.url)),
        queueKey: "click_queue",
        deadLetterKey: "click_invalid",
        rules
      }),
      (queue) => Effect.promise(() => body(queue))
    )
  )

/** Sends commands on a separate connection. */
const send = (server: OwnRedis, ...command: readonly [string, ...Array<string | number>]) =>
  run(Effect.flatMap(connect(secretUrl(server.url)), (redis) => redis.command(...command)))

const claimed = async (queue: IngestQueue["Service"], place: number): Promise<ReadonlyArray<ByteString>> => {
  const batch = await run(queue.sources[place]?.claim(newClaimId(), limits) ?? Effect.undefined)
  return batch?.lines ?? []
}

const deadLetterOf = (batch: ClaimedBatch): DeadLetter => ({
  v: 1,
  id: eventId(batch.id, 0),
  reason: "no path",
  stage: "drainer",
  topic: "events" as Topic,
  attempts: batch.attempts,
  first: batch.claimed,
  last: batch.claimed,
  line: new Uint8Array([0])
})

describe.skipIf(!hasRedisProgram())("the queue on Redis", () => {
  test("the derived keys are in the slot of the list", () => {
    expect(queueKeys("q", "d").claimed).toBe("{q}:claimed")
    expect(queueKeys("{tag}q", "d").leases).toBe("{tag}q:leases")
    expect(queueKeys("{}q", "d").attempts).toBe("{{}q}:attempts")
  })

  test("several servers are several sources, each drained separately", async () => {
    const servers = [await startOwn(), await startOwn()]
    await queueOn(servers, async (queue) => {
      for (const [i, server] of servers.entries()) await send(server, "RPUSH", "click_queue", `line ${i}`)
      expect(queue.sources.map((source) => source.dependency.address)).toEqual(
        servers.map((server) => `127.0.0.1:${server.port}`)
      )
      expect(await claimed(queue, 0)).toEqual(bytes("line 0"))
      expect(await claimed(queue, 1)).toEqual(bytes("line 1"))
    })
  })

  test("a push uses the next server when one is down, and fails when all are down", async () => {
    const [first, second] = [await startOwn(), await startOwn()]
    await queueOn([first, second], async (queue) => {
      await run(queue.push(bytes("to the first")))
      expect(await run(queue.sources[1]?.depth ?? Effect.undefined)).toMatchObject({ waiting: 0 })
      await first.stop()
      await run(queue.push(bytes("to the second")))
      await run(queue.push(bytes("also")))
      expect(await claimed(queue, 1)).toEqual(bytes("to the second", "also"))
      await second.stop()
      await eventually("the loss is detected", async () => {
        return (await failureOf(queue.push(bytes("lost")))).reason === "unavailable"
      })
      await startOwn([], second.port)
      await eventually("a server is up again", () => run(queue.push(bytes("again"))).then(() => true))
      expect(await claimed(queue, 1)).toEqual(bytes("again"))
    })
  })

  test("a server that hangs delays a push by less than two seconds, then the next server has the lines", async () => {
    const [first, second] = [await startOwn(), await startOwn()]
    await queueOn([first, second], async (queue) => {
      await send(first, "CLIENT", "PAUSE", 60_000, "WRITE")
      await run(queue.push(bytes("a")).pipe(Effect.timeout(2000)))
      await run(queue.push(bytes("b")))
      expect(await claimed(queue, 1)).toEqual(bytes("a", "b"))
      await send(second, "CLIENT", "PAUSE", 60_000, "WRITE")
      const failure = await failureOf(queue.push(bytes("c")))
      expect(failure.reason).toBe("timeout")
      expect(failure.ambiguous).toBe(true)
    })
  })

  test("a full Redis refuses pushes, but the queue can be emptied, and then pushes succeed again", async () => {
    const server = await startOwn(["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"])
    await queueOn(
      [server],
      async (queue) => {
        const line = "x".repeat(10_000) as ByteString
        const failure = await eventually("the memory is full", () =>
          run(queue.push(Array.from({ length: 20 }, () => line))).then(
            () => undefined,
            (error: Failure) => error
          )
        )
        expect(failure.reason).toBe("unavailable")
        expect(failure.message).toContain("OOM")
        await send(server, "CONFIG", "SET", "maxmemory", "1mb")
        const settle = [
          (batch: ClaimedBatch) => batch.ack([]),
          (batch: ClaimedBatch) => batch.release(0, true),
          (batch: ClaimedBatch) => batch.split(2, 0),
          (batch: ClaimedBatch) => batch.deadLetter([deadLetterOf(batch)], [])
        ]
        const source = queue.sources[0]
        for (let turn = 0; ; turn++) {
          const batch = await run(
            source?.claim(newClaimId(), { ...limits, maxEvents: 5 }) ?? Effect.undefined
          )
          if (batch === undefined) break
          expect(await run(settle[turn % settle.length]?.(batch) ?? Effect.undefined)).toBe(true)
        }
        expect((await failureOf(queue.push([line]))).message).toContain("OOM")
        await send(server, "CONFIG", "SET", "maxmemory", "100mb")
        await run(queue.push([line]))
      },
      { ...standardRules, maxBytes: 0 }
    )
  })

  test("after a split batch is settled only the ledger remains, and the writer's key for ten minutes", async () => {
    const server = await startOwn()
    await queueOn([server], async (queue) => {
      await run(queue.push(bytes("a", "b", "c")))
      const next = () => run(queue.sources[0]?.claim(newClaimId(), limits) ?? Effect.undefined)
      const whole = await next()
      for (const size of [3, 2, 1, 1]) {
        const batch = size === 3 ? whole : await next()
        expect(await run(batch?.split(size, 0) ?? Effect.undefined)).toBe(true)
      }
      for (let batch = await next(); batch !== undefined; batch = await next()) await run(batch.ack([]))
      const keys = String(await send(server, "KEYS", "*"))
        .split(",")
        .sort()
      expect(keys).toEqual([
        "{click_queue}:ledger",
        expect.stringMatching(/^\{click_queue\}:writer:[0-9a-f]{32}$/)
      ])
      expect(Number(await send(server, "PTTL", keys[1] ?? ""))).toBeWithin(500_000, 600_001)
    })
  })

  test("scripts are loaded again after a SCRIPT FLUSH of the server", async () => {
    const server = await startOwn()
    await queueOn([server], async (queue) => {
      await run(queue.push(bytes("a")))
      const batch = await run(queue.sources[0]?.claim(newClaimId(), limits) ?? Effect.undefined)
      await send(server, "SCRIPT", "FLUSH")
      expect(await run(batch?.ack([]) ?? Effect.undefined)).toBe(true)
    })
  })

  test("it starts without its servers and works once they are up", async () => {
    const port = await freePort()
    await queueOn([{ url: `redis://127.0.0.1:${port}` }], async (queue) => {
      expect((await failureOf(queue.push(bytes("a")))).reason).toBe("unavailable")
      await startOwn([], port)
      await eventually("the server is connected", () => run(queue.push(bytes("b"))).then(() => true))
      expect(await claimed(queue, 0)).toEqual(bytes("b"))
    })
  })

  test("a dead letter is searched from both ends of a long list: the nearest of equal ones is removed", async () => {
    const server = await startOwn()
    const others = Array.from({ length: 6_000 }, (_, i) => `other ${i}`)
    const list = [
      "old",
      "both",
      ...others.slice(0, 4_000),
      "old",
      "middle",
      ...others.slice(4_000),
      "both",
      "new"
    ]
    await send(server, "RPUSH", "click_invalid", ...list)
    await queueOn([server], async ({ sources: [source] }) => {
      const letters = source?.deadLetters
      if (letters === undefined) throw new Error("There is no queue.")
      const places = async (text: string) =>
        (await run(letters.read(0, list.length))).flatMap((one, i) => (one.text === text ? [i] : []))
      const letter = (text: string) => ({ text: text as ByteString, letter: undefined })
      expect(await run(letters.discard(letter("old")))).toBe(true)
      expect(await places("old")).toEqual([4_001])
      expect(await run(letters.replay(letter("both"), "both" as ByteString, 1))).toBe("done")
      expect(await places("both")).toEqual([0])
      for (const text of ["new", "middle", "old", "both"]) {
        expect(await run(letters.discard(letter(text)))).toBe(true)
        expect(await run(letters.discard(letter(text)))).toBe(false)
      }
      const left: ReadonlyArray<string> = (await run(letters.read(0, list.length))).map(({ text }) => text)
      expect(left).toEqual(others)
    })
  })

  test("keys in two slots of a cluster end the start with an error that names the setting", async () => {
    const server = await startOwn(["--cluster-enabled", "yes"])
    const start = (deadLetters: string) =>
      Effect.scoped(
        Effect.flatMap(connect(secretUrl(server.url)), (redis) =>
          checkDurability(redis, queueKeys("click_queue", deadLetters))
        )
      )
    const failure = await failureOf(start("click_invalid"))
    expect(failure.reason).toBe("misconfigured")
    expect(failure.message).toContain("{click_queue}:invalid")
    await run(start("{click_queue}:invalid"))
  })
})
