/** The guarantees of the Redis connection: unchanged bytes, failures that state whether the command may have run, nothing sent twice. */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, Redacted, type Scope } from "effect"
import {
  type ConnectOptions,
  connect,
  type RedisConnection,
  type Reply
} from "../../../bridge/redis/connection.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, redisServer, secretUrl, startRedis } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { freePort, serverUrl } from "../../support/server.ts"

const url = await serverUrl(redisServer)

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

/** Runs the test with a connection. */
const using =
  (at: string, options: ConnectOptions, body: (redis: RedisConnection) => Promise<void>) =>
  (): Promise<void> =>
    run(Effect.flatMap(connect(secretUrl(at), options), (redis) => Effect.promise(() => body(redis))))

/** Runs the test with a connection, and with a second one to disturb it. */
const disturbing = (
  server: OwnRedis,
  options: ConnectOptions,
  body: (redis: RedisConnection, admin: Admin) => Promise<void>
): Promise<void> =>
  using(server.url, {}, (admin) =>
    using(server.url, options, (redis) =>
      body(redis, (...command) => Effect.runPromise(admin.command(...command)))
    )()
  )()

type Admin = (...command: Parameters<RedisConnection["command"]>) => Promise<Reply>

const failureOf = (effect: Effect.Effect<unknown, Failure>): Promise<Failure> =>
  Effect.runPromise(Effect.flip(effect))

const answers = (effect: Effect.Effect<unknown, Failure>) => async (): Promise<true> => {
  await Effect.runPromise(effect)
  return true
}

const own: Array<OwnRedis> = []
const startOwn = async (args: ReadonlyArray<string> = [], port?: number): Promise<OwnRedis> => {
  const server = await startRedis(args, port)
  if (server === undefined) throw new Error("redis-server is not installed")
  own.push(server)
  return server
}
afterAll(() => Promise.all(own.map((server) => server.stop())))

describe("an invalid URL", () => {
  for (const wrong of ["http://u:secret@host", "secret", "redis://", "redis://u:secret@host/one", ""])
    test(`'${wrong}' is refused without repeating it`, async () => {
      const failure = await run(Effect.flip(connect(Redacted.make(wrong))))
      expect(failure.reason).toBe("misconfigured")
      expect(failure.message).not.toContain("secret")
    })
})

describe.skipIf(url === undefined)("on one server", () => {
  const at = url ?? ""
  const key = () => `redis-test:${crypto.randomUUID()}`

  test(
    "keeps every byte",
    using(at, {}, async (redis) => {
      const list = key()
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      await Effect.runPromise(redis.command("RPUSH", list, bytes, "ü", 7))
      const [first, second, third] = (await Effect.runPromise(
        redis.command("LRANGE", list, 0, -1)
      )) as ReadonlyArray<Buffer>
      expect(new Uint8Array(first ?? [])).toEqual(bytes)
      expect(second?.toString()).toBe("ü")
      expect(third?.toString()).toBe("7")
    })
  )

  test(
    "runs a script again after a SCRIPT FLUSH of the server",
    using(at, {}, async (redis) => {
      const script = redis.script("return {KEYS[1], ARGV[1], 1, false}")
      const once = () => Effect.runPromise(script(["k"], [new Uint8Array([200])]))
      const expected = [Buffer.from("k"), Buffer.from([200]), 1, null]
      expect(await once()).toEqual(expected)
      await Effect.runPromise(redis.command("SCRIPT", "FLUSH"))
      expect(await once()).toEqual(expected)
    })
  )

  test(
    "a refusal is 'unavailable' with the server's error",
    using(at, {}, async (redis) => {
      const failure = await failureOf(redis.command("RPUSH", key()))
      expect(failure.reason).toBe("unavailable")
      expect(failure.message).toContain("wrong number of arguments")
      expect(failure.message).toContain(redis.address)
    })
  )
})

describe.skipIf(!hasRedisProgram())("on a failing server", () => {
  test("takes user, password and database from the URL and never prints the password", async () => {
    const server = await startOwn(["--requirepass", "p@ss/word"])
    const right = `redis://default:${encodeURIComponent("p@ss/word")}@127.0.0.1:${server.port}/3`
    await using(right, {}, async (redis) => {
      expect(redis.address).toBe(`127.0.0.1:${server.port}`)
      await Effect.runPromise(redis.command("SET", "k", "v"))
      expect(String(await Effect.runPromise(redis.command("INFO", "keyspace")))).toContain("db3:keys=1")
    })()
    await using(`redis://:wr0ng@127.0.0.1:${server.port}`, {}, async (redis) => {
      const failure = await failureOf(redis.check)
      expect(failure.reason).toBe("unavailable")
      expect(failure.message).toContain("WRONGPASS")
      expect(failure.message).not.toContain("wr0ng")
    })()
    await using(server.url, {}, async (redis) => {
      const failure = await failureOf(redis.check)
      expect(failure.reason).toBe("unavailable")
      expect(failure.message).toContain("NOAUTH")
    })()
  })

  test("starts without its server, and connects when it starts, stops and starts again", async () => {
    const port = await freePort()
    await using(`redis://127.0.0.1:${port}`, {}, async (redis) => {
      expect((await failureOf(redis.check)).reason).toBe("unavailable")
      const first = await startOwn([], port)
      await eventually("the server is connected", answers(redis.check))
      await first.stop()
      const failure = await eventually("the loss is detected", async () => {
        const seen = await failureOf(redis.check)
        return seen.reason === "unavailable" ? seen : undefined
      })
      expect(failure.message).toContain(`127.0.0.1:${port}`)
      await startOwn([], port)
      await eventually("it is found again", answers(redis.check))
    })()
  })

  test("a command that was sent and got no reply is a 'timeout'", async () => {
    const server = await startOwn()
    await disturbing(server, { commandTimeout: 300 }, async (redis, admin) => {
      await admin("CLIENT", "PAUSE", 60_000, "WRITE")
      const failure = await failureOf(redis.command("RPUSH", "list", "a"))
      expect(failure.reason).toBe("timeout")
      await admin("CLIENT", "UNPAUSE")
      await eventually("it works again", answers(redis.command("RPUSH", "other", "b")))
    })
  })

  test("a connection lost after sending is a 'timeout' at once, and the command is not sent again", async () => {
    const server = await startOwn()
    await disturbing(server, { commandTimeout: 60_000 }, async (redis, admin) => {
      await admin("CLIENT", "PAUSE", 60_000, "WRITE")
      const failing = failureOf(redis.command("RPUSH", "list", "a"))
      await eventually("the server holds the command", async () =>
        String(await admin("INFO", "clients")).includes("blocked_clients:1")
      )
      await admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      expect((await failing).reason).toBe("timeout")
      await admin("CLIENT", "UNPAUSE")
      await eventually("it is connected again", answers(redis.check))
      await Effect.runPromise(redis.command("RPUSH", "list", "b"))
      expect(await Effect.runPromise(redis.command("LRANGE", "list", 0, -1))).toEqual([Buffer.from("b")])
    })
  })

  test("a server that became a replica is 'unavailable' until it is a primary again", async () => {
    const server = await startOwn()
    await disturbing(server, {}, async (redis, admin) => {
      await admin("REPLICAOF", "127.0.0.1", 1)
      const failure = await failureOf(redis.command("RPUSH", "list", "a"))
      expect(failure.reason).toBe("unavailable")
      expect(failure.message).toContain("READONLY")
      await admin("REPLICAOF", "NO", "ONE")
      await eventually("it accepts writes again", answers(redis.command("RPUSH", "list", "a")))
    })
  })

  test("a cluster is detected automatically: each key on its own server", async () => {
    const cluster = await startRedisCluster()
    await using(cluster?.url ?? "", {}, async (redis) => {
      const script = redis.script("return redis.call('GET', KEYS[1])")
      for (const key of ["bar", "foo", "{bar}1", "{foo}1"]) {
        await Effect.runPromise(redis.command("SET", key, `value of ${key}`))
        expect(String(await Effect.runPromise(script([key], [])))).toBe(`value of ${key}`)
      }
      await Effect.runPromise(redis.check)
    })()
    await cluster?.stop()
  })
})
