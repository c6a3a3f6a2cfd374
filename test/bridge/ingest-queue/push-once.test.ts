/** Pushes with an id: the lines of one id are in the queue once, however often, however late and however many at once they arrive. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { failover, type PushServer } from "../../../bridge/ingest-queue/push-failover.ts"
import { pushMemoryMs, standardRules } from "../../../bridge/ingest-queue/push-limits.ts"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { PushId } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { onEveryQueue } from "../../support/queues.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"
import { bytes, claim, run } from "./batches.ts"

const idOf = (number: number): PushId => String(number).padStart(26, "0") as PushId
const scoped = <A>(effect: Effect.Effect<A, unknown, Scope.Scope>): Promise<A> => run(Effect.scoped(effect))

const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-push-once-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true }))
)

await onEveryQueue((open) => {
  test("a repeated push adds and counts nothing, also with some of its lines or with others", () =>
    scoped(
      Effect.gen(function* () {
        const { push, source } = yield* open
        yield* push(bytes("a", "b"), idOf(1))
        for (const again of [bytes("a", "b"), bytes("b"), bytes("a", "b", "c"), bytes("other")])
          yield* push(again, idOf(1))
        yield* push(bytes("a"), idOf(2))
        yield* push(bytes("a"))
        yield* push(bytes("a"))
        const batch = yield* Effect.promise(() => claim(source))
        expect(batch.lines).toEqual(bytes("a", "b", "a", "a", "a"))
        yield* push(bytes("a", "b"), idOf(1))
        yield* batch.ack([])
        yield* push(bytes("a", "b"), idOf(1))
        expect(yield* source.ledger(0)).toMatchObject({ pushed: 5, taken: 5, waiting: 0, inFlight: 0 })
      })
    ))

  test("of a hundred pushes of twenty ids at once each id is stored once, whole", () =>
    scoped(
      Effect.gen(function* () {
        const { push, source } = yield* open
        const linesOf = (id: number) => bytes(`${id} a`, `${id} b`, `${id} c`)
        const all = Array.from({ length: 100 }, (_, i) => push(linesOf(i % 20), idOf(i % 20)))
        yield* Effect.all(all, { concurrency: "unbounded" })
        const { lines } = yield* Effect.promise(() => claim(source))
        expect(lines.length).toBe(60)
        expect(new Set(lines).size).toBe(60)
        for (let i = 0; i < 60; i += 3)
          expect(linesOf(Number.parseInt(lines[i] ?? "", 10))).toEqual(lines.slice(i, i + 3))
        expect((yield* source.ledger(0)).pushed).toBe(60)
      })
    ))

  test("a push without lines stores no id", () =>
    scoped(
      Effect.gen(function* () {
        const { push, source } = yield* open
        yield* push([], idOf(1))
        yield* push(bytes("a"), idOf(1))
        expect((yield* source.depth).waiting).toBe(1)
      })
    ))
})

test("in a file an id is forgotten an hour after its last push", () =>
  scoped(
    Effect.gen(function* () {
      const { push, sources } = yield* sqliteQueue(yield* temporaryFolder)
      const waiting = Effect.suspend(() => sources[0]?.depth ?? Effect.die("no source"))
      yield* push(bytes("a"), idOf(1))
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust(pushMemoryMs - 1)
        yield* push(bytes("a"), idOf(1))
        expect((yield* waiting).waiting).toBe(1)
      }
      yield* TestClock.adjust(pushMemoryMs)
      yield* push(bytes("a"), idOf(1))
      expect((yield* waiting).waiting).toBe(2)
    }).pipe(Effect.provide(TestClock.layer()))
  ))

test("in a file a repeated push to a full queue succeeds, a new one is refused and not remembered", () =>
  scoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { push, sources } = yield* sqliteQueue(folder, { ...standardRules, maxLength: 1 })
      yield* push(bytes("a"), idOf(1))
      yield* push(bytes("a"), idOf(1))
      expect((yield* Effect.flip(push(bytes("b"), idOf(2)))).reason).toBe("busy")
      const batch = yield* Effect.promise(() => claim(sources[0] ?? expect.unreachable()))
      yield* batch.ack([])
      yield* push(bytes("b"), idOf(2))
      expect((yield* Effect.promise(() => claim(sources[0] ?? expect.unreachable()))).lines).toEqual(
        bytes("b")
      )
    })
  ))

describe.skipIf(!hasRedisProgram())("on Redis", () => {
  const own: Array<OwnRedis> = []
  afterAll(() => Promise.all(own.map((server) => server.stop())))
  const startOwn = async (args: ReadonlyArray<string> = []): Promise<OwnRedis> => {
    const server = await startRedis(args)
    if (server === undefined) throw new Error("redis-server is not installed")
    own.push(server)
    return server
  }
  const queueOn = (server: OwnRedis, rules: Partial<typeof standardRules>) =>
    redisQueue({
      urls: [secretUrl(server.url)],
      queueKey: "q",
      deadLetterKey: "{q}:invalid",
      rules: { ...standardRules, ...rules }
    })

  test("the id expires an hour after its last push; a full queue answers a repeated push", async () => {
    const server = await startOwn()
    await scoped(
      Effect.gen(function* () {
        const redis = yield* connect(secretUrl(server.url))
        const { push } = yield* queueOn(server, { maxLength: 2 })
        const key = `{q}:pushed:${idOf(1)}`
        yield* push(bytes("a", "b"), idOf(1))
        yield* redis.command("PEXPIRE", key, 5_000)
        yield* push(bytes("a", "b"), idOf(1))
        expect(Number(yield* redis.command("PTTL", key))).toBeGreaterThan(pushMemoryMs - 60_000)
        expect((yield* Effect.flip(push(bytes("c"), idOf(2)))).reason).toBe("busy")
        expect(yield* redis.command("EXISTS", `{q}:pushed:${idOf(2)}`)).toBe(0)
        yield* redis.command("DEL", key, "q")
        yield* push(bytes("a", "b"), idOf(1))
        expect(yield* redis.command("LLEN", "q")).toBe(2)
      })
    )
  })

  test("a Redis that is out of memory refuses a new push, and confirms a repeated one", async () => {
    const server = await startOwn()
    await scoped(
      Effect.gen(function* () {
        const redis = yield* connect(secretUrl(server.url))
        const { push } = yield* queueOn(server, { maxBytes: 0 })
        yield* push(bytes("a"), idOf(1))
        yield* redis.command("CONFIG", "SET", "maxmemory", 1)
        for (const once of [undefined, idOf(2)])
          expect((yield* Effect.flip(push(bytes("b"), once))).message).toContain("memory")
        yield* push(bytes("a"), idOf(1))
        expect(yield* redis.command("LLEN", "q")).toBe(1)
        yield* redis.command("CONFIG", "SET", "maxmemory", 0)
        yield* push(bytes("b"), idOf(2))
        expect(yield* redis.command("LLEN", "q")).toBe(2)
      })
    )
  })

  test("a retry of an unconfirmed push is not confirmed before the replica has its lines", async () => {
    const server = await startOwn()
    const replica = await startOwn(["--repl-diskless-sync-delay", "0"])
    await scoped(
      Effect.gen(function* () {
        const redis = yield* connect(secretUrl(server.url))
        const other = yield* connect(secretUrl(replica.url))
        const { push } = yield* queueOn(server, { confirm: "replica" })
        yield* other.command("REPLICAOF", "127.0.0.1", server.port)
        yield* Effect.promise(() =>
          eventually("the replica confirms", () =>
            run(Effect.isSuccess(push(bytes("first"), idOf(1)))).then((is) => is || undefined)
          )
        )
        // The replica stops to acknowledge; the primary still holds its connection, so that pushes are written.
        replica.pause()
        const lost = yield* Effect.flip(push(bytes("second"), idOf(2)))
        expect(lost.reason).toBe("timeout")
        expect(yield* redis.command("LLEN", "q")).toBe(2)
        // Whatever connection a retry uses, it must not be confirmed by a WAIT that covers nothing.
        const retries = Array.from({ length: 4 }, () => Effect.isFailure(push(bytes("second"), idOf(2))))
        expect(yield* Effect.all(retries, { concurrency: "unbounded" })).toEqual([true, true, true, true])
        replica.resume()
        yield* Effect.promise(() =>
          eventually("the retry is confirmed", () =>
            run(Effect.isSuccess(push(bytes("second"), idOf(2)))).then((is) => is || undefined)
          )
        )
        expect(yield* redis.command("LLEN", "q")).toBe(2)
        expect(yield* other.command("LLEN", "q")).toBe(2)
      })
    )
  })
})

describe("of several servers", () => {
  const serverAt = (address: string, got: Array<string>, fails: Map<string, Failure>): PushServer => ({
    address,
    push: (lines) =>
      Effect.suspend(() => {
        const failure = fails.get(address)
        if (failure !== undefined) return Effect.fail(failure)
        got.push(`${address} ${lines.join()}`)
        return Effect.void
      })
  })

  test("an id has one server, which is not replaced when it fails; the ids are spread evenly", async () => {
    const got: Array<string> = []
    const fails = new Map<string, Failure>()
    const addresses = ["redis-1:6379", "redis-2:6379", "redis-3:6379"]
    const push = failover(addresses.map((address) => serverAt(address, got, fails)))
    for (let i = 0; i < 300; i++) await run(push(["x" as ByteString], idOf(i)))
    const placed = [...got]
    for (const address of addresses)
      expect(placed.filter((one) => one.startsWith(address)).length).toBeGreaterThan(60)
    const moved = failover([...addresses].reverse().map((address) => serverAt(address, got, fails)))
    for (let i = 0; i < 300; i++) await run(moved(["x" as ByteString], idOf(i)))
    expect(got.slice(300)).toEqual(placed)
    const down = placed[7]?.split(" ")[0] ?? ""
    for (const reason of ["unavailable", "timeout", "busy"] as const) {
      fails.set(down, new Failure({ reason, message: "down" }))
      expect((await run(Effect.flip(push(["x" as ByteString], idOf(7))))).reason).toBe(reason)
      await run(push(["x" as ByteString]))
    }
    expect(got.filter((one) => one.startsWith(down)).length).toBe(
      placed.filter((one) => one.startsWith(down)).length * 2
    )
  })
})
