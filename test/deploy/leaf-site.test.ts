/**
 * A site as a leaf node, by the files in deploy/edge on real nats-servers: its drainer reaches the enricher of the centre,
 * keeps its events while the line is cut, and its user may do nothing else in the centre.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { connect } from "@nats-io/transport-node"
import { startProxy, type TcpProxy } from "../faults/tcp-proxy.ts"
import { eventually } from "../support/eventually.ts"
import { type LeafServers, leafServers } from "../support/leaf.ts"
import { canStartNats } from "../support/nats.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../support/redis.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const root = join(import.meta.dirname, "..", "..")

describe.skipIf(!canStartNats || !hasRedisProgram())("a site as a leaf node", () => {
  let servers: LeafServers
  let proxy: TcpProxy
  let redis: OwnRedis
  let site: Environment
  let gateway: Spoor
  const running: Array<Spoor> = []

  beforeAll(async () => {
    const started = await startRedis()
    if (started === undefined) throw new Error("redis-server did not start")
    redis = started
    servers = await leafServers(async (port) => {
      proxy = await startProxy(port)
      return proxy.port
    })
    await servers.centre.start()
    await servers.site.start()
    const centre = ownSettings({ BUS_SECRET: "of-the-test" })
    const as = (at: LeafServers["centre"], user: string, more: Environment) => ({
      ...centre,
      NATS_URL: servers.urlFor(at, user),
      NATS_INBOX_PREFIX: `_INBOX.${user}`,
      ...more
    })
    site = { ...ownSettings(), REDIS_URL: redis.url }
    for (const user of ["bridge", "enricher"])
      running.push(await startSpoor([user], as(servers.centre, user, {})))
    running.push(await startSpoor(["drainer"], as(servers.site, "drainer", { REDIS_URL: redis.url })))
    gateway = await startSpoor(["gateway"], as(servers.site, "gateway", { REDIS_URL: redis.url }))
    running.push(gateway)
  }, 60_000)

  afterAll(async () => {
    await Promise.all(running.map((one) => one.end("SIGKILL")))
    proxy?.close()
    await servers?.remove()
    await redis?.stop()
  })

  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++)
      expect((await fetch(new URL(`/t/e?n=${n}`, gateway.address("send events")))).status).toBe(200)
  }
  const stored = async (): Promise<number> => {
    const env = { ...process.env, ...site }
    const { stdout } = await promisify(execFile)(process.execPath, ["actors/commands/ledger.ts", "--json"], {
      cwd: root,
      env
    })
    const { total, balanced } = JSON.parse(stdout) as {
      total: { stored: number; dead: number }
      balanced: boolean
    }
    expect([total.dead, balanced]).toEqual([0, true])
    return total.stored
  }

  test("events of the site are stored in the centre, also after the line was cut and half open", async () => {
    await send(20)
    await eventually("they are stored", async () => (await stored()) === 20)
    proxy.refuse()
    proxy.cut()
    await send(20)
    await eventually("the drainer has noticed", () => /batch released/.test(running[2]?.output() ?? ""))
    expect(await stored()).toBe(20)
    await proxy.accept()
    await eventually("all are stored", async () => (await stored()) === 40, 60_000)
    proxy.freeze()
    await send(20)
    await eventually("the half-open line is given up", () => proxy.open() >= 2, 60_000)
    proxy.cut()
    proxy.thaw()
    await eventually("all are stored", async () => (await stored()) === 60, 60_000)
  }, 200_000)

  test("the servers refused nothing that an actor did", () => {
    for (const spoor of running)
      expect(
        spoor
          .output()
          .split("\n")
          .filter((line) => /permission|authorization/i.test(line))
      ).toEqual([])
  })

  const asSite = async () => {
    const [user, pass] = ["site", "of-site"]
    return connect({
      servers: servers.centre.url,
      user,
      pass,
      inboxPrefix: "_INBOX.drainer",
      reconnect: false
    })
  }

  for (const [act, subject] of [
    ["publish", "spoor.store"],
    ["publish", "_INBOX.enricher.x"],
    ["publish", "spoor.events.stored.events"],
    ["subscribe", "spoor.enrich"],
    ["subscribe", "_INBOX.enricher.>"],
    ["subscribe", ">"]
  ] as const)
    test(`the user of a site may not ${act} ${subject}`, async () => {
      const connection = await asSite()
      const refusals: Array<string> = []
      void (async () => {
        for await (const status of connection.status())
          if (status.type === "error") refusals.push(String(status.error))
      })()
      if (act === "publish") connection.publish(subject, "x")
      else connection.subscribe(subject, { callback: () => {} })
      await eventually("it is refused", () => refusals.some((text) => text.includes(subject)))
      await connection.close()
    })
})
