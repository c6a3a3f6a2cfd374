/** A primary of Redis with two replicas, watched by three sentinels, for tests. Starting takes about 3 s. */
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { eventually } from "./eventually.ts"
import { type OwnRedis, startRedis } from "./redis.ts"
import { endProgram, freePort, startProgram } from "./server.ts"

export const passwords = { server: "of-the-server", sentinel: "of-the-sentinels" } as const

export interface SentinelTrio {
  /** As in REDIS_URL, with both passwords, for database 0. */
  readonly url: string
  /** `host:port,…` of the sentinels. */
  readonly sentinels: string
  readonly name: string
  /** The servers, the first primary first. */
  readonly servers: ReadonlyArray<OwnRedis>
  /** The port of the primary that the sentinels agree on now. */
  readonly primary: () => Promise<number>
  /** Stops the sentinels with these places, or all. */
  readonly stopSentinels: (...places: ReadonlyArray<number>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** `downAfterMs`: silence after which a server counts as dead. Undefined if redis-server is not installed. */
export const startSentinels = async (downAfterMs = 1000): Promise<SentinelTrio | undefined> => {
  const name = "spoor primary"
  const login = ["--requirepass", passwords.server, "--masterauth", passwords.server]
  const first = await startRedis([...login, "--repl-diskless-sync-delay", "0"])
  if (first === undefined) return undefined
  const follow = [...login, "--replicaof", `127.0.0.1 ${first.port}`]
  const servers = [first, await startRedis(follow), await startRedis(follow)].filter(
    (one) => one !== undefined
  )

  const folder = mkdtempSync(join(tmpdir(), "spoor-sentinels-"))
  const ports = [await freePort(), await freePort(), await freePort()]
  const sentinels = new Map<number, ChildProcess>()
  for (const port of ports) {
    const file = join(folder, `${port}.conf`)
    writeFileSync(file, configuration(port, name, first.port, downAfterMs, folder))
    sentinels.set(port, await startProgram("redis-server", [file, "--sentinel"], { ready: /monitor master/ }))
  }
  const primaryOf = (port: number): Promise<number> =>
    asking(port, async (redis) =>
      Number(((await redis.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)) as [string, string])[1])
    )
  await eventually("the sentinels know each other and both replicas", async () => {
    for (const port of ports) {
      const info = await asking(port, (redis) => redis.info("sentinel"))
      if (!info.includes("status=ok") || !/slaves=2,sentinels=3/.test(info)) return false
    }
    return true
  })
  const stopSentinels = async (...places: ReadonlyArray<number>): Promise<void> => {
    for (const [place, port] of ports.entries()) {
      const child = sentinels.get(port)
      if (child !== undefined && (places.length === 0 || places.includes(place)))
        await endProgram(child, "SIGKILL")
    }
  }
  const list = ports.map((port) => `127.0.0.1:${port}`).join(",")
  return {
    url: `redis+sentinel://:${passwords.server}@${list}/${encodeURIComponent(name)}?sentinel_password=${passwords.sentinel}`,
    sentinels: list,
    name,
    servers,
    primary: async () => {
      const named = new Set(await Promise.all(ports.map(primaryOf)))
      return named.size === 1 ? ([...named][0] ?? 0) : 0
    },
    stopSentinels,
    stop: async () => {
      await stopSentinels()
      await Promise.all(servers.map((server) => server.stop()))
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const configuration = (
  port: number,
  name: string,
  primary: number,
  downAfterMs: number,
  folder: string
): string =>
  [
    `port ${port}`,
    `dir ${folder}`,
    `requirepass ${passwords.sentinel}`,
    `sentinel sentinel-pass ${passwords.sentinel}`,
    `sentinel monitor "${name}" 127.0.0.1 ${primary} 2`,
    `sentinel auth-pass "${name}" ${passwords.server}`,
    `sentinel down-after-milliseconds "${name}" ${downAfterMs}`,
    `sentinel failover-timeout "${name}" 6000`
  ].join("\n")

const asking = async <A>(port: number, ask: (redis: Redis) => Promise<A>): Promise<A> => {
  const redis = new Redis({
    port,
    password: passwords.sentinel,
    enableReadyCheck: false,
    retryStrategy: () => null
  })
  redis.on("error", () => {})
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}
