/** The log of a Redis that refuses the login: its reason, once; "connected" only after a successful login. */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, Logger, References } from "effect"
import { connect, type RedisConnection, type Reply } from "../../../bridge/redis/connection.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"

const own: Array<OwnRedis> = []
const startOwn = async (args: ReadonlyArray<string> = []): Promise<OwnRedis> => {
  const server = await startRedis(args)
  if (server === undefined) throw new Error("redis-server is not installed")
  own.push(server)
  return server
}
afterAll(() => Promise.all(own.map((server) => server.stop())))

/** Runs the body with a connection and the lines that it has logged so far. */
const heard = (
  url: string,
  body: (redis: RedisConnection, lines: ReadonlyArray<string>) => Promise<void>
): Promise<void> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message, logLevel }) => {
    const line = [message].flat().map(String).join(" ")
    if (logLevel !== "Debug" || line.startsWith("Connected to")) lines.push(line)
  })
  return connect(secretUrl(url)).pipe(
    Effect.flatMap((redis) => Effect.promise(() => body(redis, lines))),
    Effect.scoped,
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "Debug"),
    Effect.runPromise
  )
}

const send = (redis: RedisConnection, ...command: Parameters<RedisConnection["command"]>): Promise<Reply> =>
  Effect.runPromise(redis.command(...command))

const failureOf = (effect: Effect.Effect<unknown, Failure>): Promise<Failure> =>
  Effect.runPromise(Effect.flip(effect))

/** Waits until the given number of attempts has failed for the same reason. */
const failedOften = (redis: RedisConnection, times: number): Promise<Failure> =>
  eventually(`${times} failures`, async () => {
    const failure = await failureOf(redis.check)
    return Number(/\((\d+) times\)/.exec(failure.message)?.[1] ?? 1) >= times && failure
  })

const isConnected = (redis: RedisConnection): Promise<unknown> =>
  eventually("it is connected", () => Effect.runPromise(redis.check).then(() => true))

describe.skipIf(!hasRedisProgram())("a Redis that refuses", () => {
  test("a URL without the password: nothing is sent, one line gives the reason, another reports the login", async () => {
    const server = await startOwn()
    await heard(server.url, async (admin) => {
      await send(admin, "CONFIG", "SET", "requirepass", "secret")
      await heard(server.url, async (redis, lines) => {
        const failure = await failedOften(redis, 4)
        expect(failure.reason).toBe("unavailable")
        expect(failure.message).toContain("NOAUTH")
        expect(failure.message).toContain("redis://user:password@host:port")
        // The server disconnects an unauthenticated client that sends this many.
        const many = Array.from({ length: 100 }, () => "line")
        expect((await failureOf(redis.command("RPUSH", "list", ...many))).message).toContain("NOAUTH")
        await eventually("the outage is logged", () => lines.length > 0)
        expect(lines.length).toBe(1)
        expect(lines[0]).toStartWith(
          `No connection to Redis at 127.0.0.1:${server.port}: it refuses the login: NOAUTH`
        )

        await send(admin, "CONFIG", "SET", "requirepass", "")
        await isConnected(redis)
        await eventually("its end is logged", () => lines.length > 2)
        expect(lines[1]).toStartWith("Connected to Redis at")
        expect(lines[2]).toMatch(
          /^Redis at .* works again after \d+ s and \d+ failures \(\d+ times: .*NOAUTH/
        )
        expect(lines.length).toBe(3)
      })
    })
  })

  test("a password that is changed while connected: one line for the loss, with the reason of the refused login", async () => {
    const server = await startOwn(["--requirepass", "first"])
    const url = server.url.replace("//", "//:first@")
    await heard(url, async (admin) => {
      await heard(url, async (redis, lines) => {
        await send(admin, "CONFIG", "SET", "requirepass", "second")
        await send(admin, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        const failure = await failedOften(redis, 3)
        expect(failure.message).toContain("WRONGPASS")
        expect(failure.message).not.toContain("first")
        await eventually("the reason is logged", () => lines.some((line) => line.includes("WRONGPASS")))
        expect(lines[0]).toStartWith("Connected to")
        expect(lines[1]).toStartWith("Lost Redis at")
        // The second reason is in the line of the outage, or has a line of its own when that was written before.
        expect(lines.length).toBeLessThanOrEqual(3)
        await send(admin, "CONFIG", "SET", "requirepass", "first")
        await isConnected(redis)
        await eventually("its end is logged", () => lines.at(-1)?.includes("works again after") === true)
        expect(lines.length).toBeLessThanOrEqual(5)
      })
    })
  })

  test("a missing database is never replaced by database 0", async () => {
    const server = await startOwn()
    await heard(`${server.url}?db=99`, async (redis, lines) => {
      const failure = await failedOften(redis, 3)
      expect(failure.message).toContain("DB index is out of range")
      expect((await failureOf(redis.command("SET", "k", "v"))).reason).toBe("unavailable")
      await eventually("it is logged", () => lines.length > 0)
      expect(lines.length).toBe(1)
    })
    await heard(`${server.url}?db=6`, async (redis) => {
      await send(redis, "SET", "k", "v")
      expect(String(await send(redis, "INFO", "keyspace"))).toContain("db6:keys=1")
      expect(String(await send(redis, "INFO", "keyspace"))).not.toContain("db0")
    })
  })

  test("a server at its limit of clients", async () => {
    const server = await startOwn(["--maxclients", "1"])
    await heard(server.url, async () => {
      await heard(server.url, async (redis, lines) => {
        expect((await failedOften(redis, 3)).message).toContain("max number of clients")
        await eventually("it is logged", () => lines.length > 0)
        expect(lines.length).toBe(1)
      })
    })
  })

  test("a replica: one line for any number of writes, until it is a primary again", async () => {
    const server = await startOwn()
    await heard(server.url, async (admin) => {
      await heard(server.url, async (redis, lines) => {
        await send(admin, "REPLICAOF", "127.0.0.1", 1)
        expect((await failureOf(redis.command("RPUSH", "list", "a"))).message).toContain("READONLY")
        expect((await failedOften(redis, 4)).message).toContain("READONLY")
        await eventually("it is logged", () => lines.length > 1)
        expect(lines.length).toBe(2)
        expect(lines[1]).toStartWith("Lost Redis at")
        await send(admin, "REPLICAOF", "NO", "ONE")
        await isConnected(redis)
        await send(redis, "RPUSH", "list", "a")
        await eventually("its end is logged", () => lines.length > 3)
        expect(lines.slice(2).map((line) => line.split(" Redis at")[0])).toEqual([
          "Connected to",
          expect.stringMatching(/^Redis at .* works again/)
        ])
      })
    })
  })

  test("a user without permission for PING can log in", async () => {
    const server = await startOwn()
    await heard(server.url, async (admin) => {
      await send(admin, "ACL", "SETUSER", "few", "on", ">pw", "~*", "-@all", "+rpush")
      await heard(server.url.replace("//", "//few:pw@"), async (redis) => {
        expect(await send(redis, "RPUSH", "list", "a")).toBe(1)
      })
    })
  })
})
