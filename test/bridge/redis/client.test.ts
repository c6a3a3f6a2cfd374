/** The ways to a Redis that clouds and packages offer: TLS with certificates of one's own, nodes of a cluster, a socket. */
import { afterAll, describe, expect, test } from "bun:test"
import { copyFileSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import { readRedisTls } from "../../../bridge/redis/tls.ts"
import { makeAuthority } from "../../support/certificates.ts"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { freePort } from "../../support/server.ts"
import { ownSettings, startSpoor } from "../../support/spoor.ts"

const own: Array<OwnRedis> = []
const startOwn = async (args: ReadonlyArray<string>): Promise<OwnRedis> => {
  const server = await startRedis(args)
  if (server === undefined) throw new Error("redis-server is not installed")
  own.push(server)
  return server
}
afterAll(() => Promise.all(own.map((server) => server.stop())))

/** Runs the body with a connection that has these settings, such as REDIS_CA. */
const using = (
  url: string,
  settings: Record<string, string>,
  body: (redis: RedisConnection) => Promise<void>
): Promise<void> =>
  readRedisTls.pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(settings)),
    Effect.flatMap((tls) => connect(secretUrl(url), { tls, quiet: true })),
    Effect.flatMap((redis) => Effect.promise(() => body(redis))),
    Effect.scoped,
    Effect.runPromise
  )

const answers = (redis: RedisConnection) => (): Promise<true> =>
  Effect.runPromise(redis.check).then(() => true)

const reasonOf = (redis: RedisConnection, pattern: RegExp): Promise<string> =>
  eventually(`it says ${pattern}`, async () => {
    const { reason, message } = await Effect.runPromise(Effect.flip(redis.check))
    expect(reason).toBe("unavailable")
    return pattern.test(message) && message
  })

describe.skipIf(!hasRedisProgram())("with TLS", () => {
  const authority = makeAuthority()
  const server = authority.sign("the server")
  const [client, stranger] = [authority.sign("a client"), makeAuthority("Somebody else").sign("a stranger")]
  const trusted = { REDIS_CA: authority.ca }
  const known = { ...trusted, REDIS_CERT: client.cert, REDIS_KEY: client.key }

  const startTls = async (clients: "yes" | "no", ...more: ReadonlyArray<string>): Promise<string> => {
    const port = await freePort()
    const files = [
      "--tls-cert-file",
      server.cert,
      "--tls-key-file",
      server.key,
      "--tls-ca-cert-file",
      authority.ca
    ]
    const user = ["--user", "spoor", "on", ">p@ss", "~*", "&*", "+@all"]
    await startOwn(["--tls-port", `${port}`, ...files, "--tls-auth-clients", clients, ...user, ...more])
    return `rediss://spoor:p%40ss@localhost:${port}`
  }

  test("an authority of one's own, and an ACL user", async () => {
    const url = await startTls("no")
    await using(`${url}/3`, trusted, async (redis) => {
      await eventually("it is connected", answers(redis))
      expect(String(await Effect.runPromise(redis.command("ACL", "WHOAMI")))).toBe("spoor")
    })
    await using(url.replace("localhost", "127.0.0.1"), trusted, (redis) =>
      eventually("it is connected by its address", answers(redis)).then(() => {})
    )
    await using(url, {}, async (redis) => {
      expect(await reasonOf(redis, /certificate/)).toContain(
        "set REDIS_CA to the certificate of its authority"
      )
    })
    await using(url.replace("p%40ss", "wr0ng"), trusted, async (redis) => {
      expect(await reasonOf(redis, /WRONGPASS/)).not.toContain("wr0ng")
    })
  })

  test("a client certificate: without one, or with a stranger's, it is refused; a renewed one is used", async () => {
    const url = await startTls("yes")
    await using(url, known, (redis) => eventually("it is connected", answers(redis)).then(() => {}))
    await using(url, trusted, async (redis) => {
      await reasonOf(redis, /check REDIS_CERT and REDIS_KEY/)
    })
    const folder = mkdtempSync(join(tmpdir(), "spoor-renewed-"))
    const files = { REDIS_CERT: join(folder, "cert.pem"), REDIS_KEY: join(folder, "key.pem") }
    copyFileSync(stranger.cert, files.REDIS_CERT)
    copyFileSync(stranger.key, files.REDIS_KEY)
    await using(url, { ...trusted, ...files }, async (redis) => {
      await reasonOf(redis, /check REDIS_CERT and REDIS_KEY \(\d+ times\)/)
      copyFileSync(client.cert, files.REDIS_CERT)
      copyFileSync(client.key, files.REDIS_KEY)
      await eventually("it is connected", answers(redis))
    })
  })

  test.skipIf(denoProgram() === undefined)("a process on Deno connects too", async () => {
    const url = await startTls("yes")
    const settings = ownSettings({ REDIS_URL: url, ...known })
    const spoor = await startSpoor(["gateway"], settings, "deno")
    expect((await fetch(`${spoor.address("send events").origin}/t/secured?n=1`)).status).toBe(200)
    expect(await spoor.end()).toBe(0)
  })
})

describe.skipIf(!hasRedisProgram())("elsewhere", () => {
  test("a cluster by two of its nodes, of which the first is down", async () => {
    const cluster = await startRedisCluster()
    const node = cluster?.url.replace("redis://", "")
    await using(`redis+cluster://127.0.0.1:1,${node}`, {}, async (redis) => {
      await eventually("it is connected", answers(redis))
      for (const key of ["bar", "foo"]) {
        await Effect.runPromise(redis.command("SET", key, `value of ${key}`))
        expect(String(await Effect.runPromise(redis.command("GET", key)))).toBe(`value of ${key}`)
      }
    })
    await cluster?.stop()
    await using("redis+cluster://127.0.0.1:1,127.0.0.1:2", {}, async (redis) => {
      await reasonOf(redis, /none of its nodes can be reached/)
    })
    const locked = await startOwn(["--cluster-enabled", "yes", "--requirepass", "right"])
    for (const [login, reason] of [
      ["", /NOAUTH/],
      [":wr0ng@", /WRONGPASS/]
    ] as const)
      await using(`redis+cluster://${login}127.0.0.1:${locked.port}`, {}, async (redis) => {
        await reasonOf(redis, reason)
      })
  })

  test("a socket of this machine, with password and database", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "spoor-socket-")), "redis.sock")
    const server = await startOwn(["--unixsocket", path, "--requirepass", "p@ss"])
    await using(`unix://${path}?password=p%40ss&db=6`, {}, async (redis) => {
      await Effect.runPromise(redis.command("SET", "k", "v"))
      expect(String(await Effect.runPromise(redis.command("INFO", "keyspace")))).toContain("db6:keys=1")
      await server.stop()
      await reasonOf(redis, /ENOENT|ECONNREFUSED/)
    })
  })
})
