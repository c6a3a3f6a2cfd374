/** The ledger of the queue when its server fails: full memory on Redis, keys of another type, a restart. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, type Scope } from "effect"
import { type QueueKeys, queueKeys } from "../../../bridge/ingest-queue/redis/keys.ts"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import type {
  ClaimedBatch,
  IngestQueue,
  QueueLedger,
  QueueSource,
  StoredDeadLetter
} from "../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, redisServer, secretUrl, startRedis } from "../../support/redis.ts"
import { serverUrl } from "../../support/server.ts"
import {
  booksOf,
  bytes,
  claim,
  counts,
  deadLetter,
  deadLettersOf,
  ended,
  hour,
  placed,
  run
} from "./batches.ts"

const own: Array<OwnRedis> = []
afterAll(() => Promise.all(own.map((server) => server.stop())))

interface Opened {
  readonly queue: IngestQueue["Service"]
  readonly source: QueueSource
  readonly redis: RedisConnection
  readonly keys: QueueKeys
}

/** The ledger without the ages, which grow by themselves, and without the estimated size. */
const ageless = ({
  oldestInFlight: _,
  oldestWaiting: __,
  waitingBytes: ___,
  ...books
}: QueueLedger): object => books

/** An operation on a queue, and the keys that it needs. */
interface Act {
  readonly touches: ReadonlyArray<keyof QueueKeys>
  readonly act: (
    source: QueueSource,
    batch: ClaimedBatch,
    letter: StoredDeadLetter
  ) => Effect.Effect<unknown, unknown>
}

/** Runs the test with a separate queue on that server. */
const queueOn = (url: string, body: (opened: Opened) => Promise<void>): Promise<void> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const queueKey = `queue-test:${crypto.randomUUID()}`
        const deadLetterKey = `{${queueKey}}:invalid`
        const queue = yield* redisQueue({ urls: [secretUrl(url)], queueKey, deadLetterKey })
        const [source] = queue.sources
        if (source === undefined) return yield* Effect.die("The queue has no source.")
        const redis = yield* connect(secretUrl(url))
        yield* Effect.promise(() => body({ queue, source, redis, keys: queueKeys(queueKey, deadLetterKey) }))
      })
    )
  )

describe.skipIf(!hasRedisProgram())("on a full Redis", () => {
  test("batches are settled, dead letters replayed and discarded, and the ledger balances", async () => {
    const server = await startRedis(["--maxmemory-policy", "noeviction"])
    if (server === undefined) throw new Error("redis-server is not installed")
    own.push(server)
    await queueOn(server.url, async ({ queue, source, redis }) => {
      const line = (i: number) => `${i} ${"x".repeat(10_000)}` as ByteString
      await run(queue.push(Array.from({ length: 60 }, (_, i) => line(i))))
      await deadLetter(await claim(source, { ...hour, maxEvents: 4 }), 4)
      const before = await claim(source, { ...hour, maxEvents: 5 })
      await run(redis.command("CONFIG", "SET", "maxmemory", "1mb"))
      await run(Effect.flip(redis.command("RPUSH", "other", "x")))

      const figures = await run(source.figures.hold("a drainer", 60_000))
      expect(figures?.memoryMax).toBe(1024 * 1024)
      expect(figures?.memoryUsed).toBeGreaterThan(1024 * 1024)
      expect(await run(source.figures.hold("another", 60_000))).toBeUndefined()
      expect(await run(before.ack(counts(before)))).toBe(true)
      for (let turn = 0; turn < 8; turn++) {
        const batch = await claim(source, { ...hour, maxEvents: 5 })
        const done = turn % 2 === 0 ? deadLetter(batch, 1) : run(batch.ack(counts(batch)))
        expect(await done).toBe(true)
        await booksOf(source)
      }
      const [one, two] = await run(source.deadLetters.read(0, 2))
      if (one === undefined || two === undefined) throw new Error("The dead letters are missing.")
      expect(await run(source.deadLetters.discard(one))).toBe(true)
      expect(await run(source.deadLetters.replay(two, "again" as ByteString, 1))).toBe("done")
      await run(Effect.flip(redis.command("RPUSH", "other", "x")))
      const ledger = await booksOf(source)
      expect(ledger).toMatchObject({ taken: 49, inFlight: 0, waiting: 12, deadLetters: 6 })
      expect(ledger.topics).toMatchObject([{ received: 49, dead: 8, replayed: 1, discarded: 1 }])
    })
  })
})

const url = await serverUrl(redisServer)
describe.skipIf(url === undefined)("on Redis with a key of another type", () => {
  const acts: Record<string, Act> = {
    "claim, lines first": {
      touches: ["list", "claimed", "leases", "attempts", "ledger"],
      act: (source) => source.claim(newClaimId(), { ...hour, linesFirst: true })
    },
    claim: {
      touches: ["list", "claimed", "leases", "attempts", "ledger"],
      act: (source) => source.claim(newClaimId(), hour)
    },
    ack: {
      touches: ["claimed", "leases", "attempts", "ledger", "placements"],
      act: (_, batch) => batch.ack(counts(batch))
    },
    "give back": {
      touches: ["leases", "attempts"],
      act: (_, batch) => batch.release(0, true)
    },
    split: {
      touches: ["claimed", "leases", "attempts"],
      act: (_, batch) => batch.split(1, 0)
    },
    "set aside": {
      touches: ["claimed", "leases", "attempts", "ledger", "placements", "deadLetters"],
      act: (_, batch) => batch.deadLetter(deadLettersOf(batch, 1), counts(batch, 1))
    },
    replay: {
      touches: ["list", "ledger", "replays", "deadLetters"],
      act: (source, _, letter) => source.deadLetters.replay(letter, letter.text, 9)
    },
    discard: {
      touches: ["ledger", "deadLetters"],
      act: (source, _, letter) => source.deadLetters.discard(letter)
    },
    "look at the ledger": {
      touches: ["list", "claimed", "ledger", "deadLetters"],
      act: (source) => source.ledger(100)
    },
    "hold the figures' lease": {
      touches: ["list", "claimed", "ledger", "deadLetters"],
      act: (source) => source.figures.hold("a drainer", 60_000)
    }
  }

  for (const [name, { touches, act }] of Object.entries(acts))
    test(`${name} fails without any change, or does not use the key`, async () => {
      for (const key of Object.keys(queueKeys("", "")) as ReadonlyArray<keyof QueueKeys>)
        await queueOn(url ?? "", async ({ queue, source, redis, keys }) => {
          await run(queue.push(bytes("a", "b", "c", "d", "e", "f", "g")))
          const one = { ...hour, maxEvents: 1 }
          await deadLetter(await claim(source, { ...hour, maxEvents: 2 }), 2)
          const done = await claim(source, one)
          expect(await run(done.ack(counts(done), placed(done)))).toBe(true)
          expect(await run((await claim(source, { ...ended, maxEvents: 1 })).split(1, 0))).toBe(true)
          const batch = await claim(source, one)
          const letters = await run(source.deadLetters.read(0, 2))
          const [first, letter] = letters
          if (first === undefined || letter === undefined) throw new Error("The dead letters are missing.")
          expect(await run(source.deadLetters.replay(first, first.text, 9))).toBe("done")
          expect(await run(source.figures.hold("a drainer", 60_000))).toBeDefined()

          const [right, wrong] = [keys[key], "of another type"]
          await run(redis.command("RENAME", right, `${keys.ledger}:kept`))
          await run(redis.command("SET", right, wrong))
          const dump = () =>
            run(
              Effect.forEach([...Object.values(keys), `${keys.ledger}:kept`], (one) =>
                redis.command("DUMP", one)
              )
            )
          const before = await dump()
          const exit = await Effect.runPromise(Effect.exit(act(source, batch, letter)))
          expect({ key, failed: Exit.isFailure(exit) }).toEqual({ key, failed: touches.includes(key) })
          if (Exit.isFailure(exit)) expect({ key, dump: await dump() }).toEqual({ key, dump: before })
        })
    })

  test("invalid counts do not stop any operation", () =>
    queueOn(url ?? "", async ({ queue, source, redis, keys }) => {
      await run(queue.push(bytes("a", "b")))
      const names = ["since", "taken", "received:events", "dead:events", "discarded:events"]
      for (const name of names) await run(redis.command("HSET", keys.ledger, name, "many"))
      expect(await deadLetter(await claim(source), 2)).toBe(true)
      const [letter] = await run(source.deadLetters.read(0, 1))
      if (letter === undefined) throw new Error("The dead letter is missing.")
      expect(await run(source.deadLetters.discard(letter))).toBe(true)
      expect(await run(source.ledger(0))).toMatchObject({ waiting: 0, inFlight: 0, deadLetters: 1 })
    }))

  test("the record of replays expires a week after the last one", () =>
    queueOn(url ?? "", async ({ source, redis, keys }) => {
      await run(redis.command("RPUSH", keys.deadLetters, "raw"))
      const [letter] = await run(source.deadLetters.read(0, 1))
      if (letter === undefined) throw new Error("The dead letter is missing.")
      expect(await run(source.deadLetters.replay(letter, letter.text, 1))).toBe("done")
      const left = Number(await run(redis.command("PTTL", keys.replays)))
      expect(left).toBeGreaterThan(6.9 * 24 * 3_600_000)
      expect(left).toBeLessThanOrEqual(7 * 24 * 3_600_000)
    }))
})

describe.skipIf(!hasRedisProgram())("on a Redis that is killed and restarted", () => {
  test("the ledger is unchanged, and continues", async () => {
    const args = ["--appendonly", "yes", "--appendfsync", "always"]
    const directory = await mkdtemp(join(tmpdir(), "spoor-queue-"))
    const first = await startRedis([...args, "--dir", directory])
    if (first === undefined) throw new Error("redis-server is not installed")
    own.push(first)
    await queueOn(first.url, async ({ queue, source }) => {
      await run(queue.push(bytes("a", "b", "c", "d")))
      await deadLetter(await claim(source, { ...hour, maxEvents: 2 }), 1)
      const batch = await claim(source, { ...hour, maxEvents: 1 })
      const before = await booksOf(source, 0, 10)
      await first.stop()
      const second = await startRedis([...args, "--dir", directory], first.port)
      if (second !== undefined) own.push(second)
      const after = await eventually("the server is up again", () => booksOf(source, 0, 10))
      expect(ageless(after)).toEqual(ageless(before))
      expect(await run(batch.ack(counts(batch)))).toBe(true)
      expect(await booksOf(source)).toMatchObject({ taken: 3, inFlight: 0, waiting: 1 })
    })
    await rm(directory, { recursive: true, force: true })
  })
})

test("in a file that is closed and opened again the ledger is unchanged, and continues", async () => {
  const directory = await mkdtemp(join(tmpdir(), "spoor-queue-"))
  const using = <A>(body: (queue: IngestQueue["Service"], source: QueueSource) => Promise<A>): Promise<A> =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* (): Effect.fn.Return<A, unknown, Scope.Scope> {
          const queue = yield* sqliteQueue(directory)
          const [source] = queue.sources
          if (source === undefined) return yield* Effect.die("The queue has no source.")
          return yield* Effect.promise(() => body(queue, source))
        })
      )
    )
  const before = await using(async (queue, source) => {
    await run(queue.push(bytes("a", "b", "c", "d")))
    await deadLetter(await claim(source, { ...hour, maxEvents: 2 }), 1)
    await claim(source, { ...ended, maxEvents: 1 })
    return booksOf(source, 0, 10)
  })
  await using(async (_, source) => {
    expect(ageless(await booksOf(source, 0, 10))).toEqual(ageless(before))
    const batch = await claim(source)
    expect(await run(batch.ack(counts(batch)))).toBe(true)
    expect(await booksOf(source)).toMatchObject({ taken: 3, inFlight: 0, waiting: 1 })
  })
  await rm(directory, { recursive: true })
})
