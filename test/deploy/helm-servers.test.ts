/**
 * The servers that the chart brings start with the commands and files that it renders: Redis with its users, NATS with its
 * accounts. And with them every container of the chart runs as a process of this machine: an event comes through to Kafka.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { actorNames } from "../../actors/all.ts"
import { containerNamed, deployment, renderFiles, textsOf } from "../support/chart-values.ts"
import { eventually } from "../support/eventually.ts"
import { hasHelm, renderAll } from "../support/helm.ts"
import { kafka } from "../support/kafka.ts"
import { objectOf, type Workload } from "../support/kubernetes-objects.ts"
import { canStartNats } from "../support/nats.ts"
import { askRedis, environmentOf, startBundledNats, startBundledRedis, writeBelow } from "../support/pod.ts"
import { hasRedisProgram } from "../support/redis.ts"
import { endProgram, freePort, serverUrl } from "../support/server.ts"
import { type Spoor, startSpoor } from "../support/spoor.ts"

const of = await renderFiles("default", "bundled")
const folder = mkdtempSync(join(tmpdir(), "spoor-pod-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const canStartRedis = hasRedisProgram()

describe.skipIf(!hasHelm || !canStartRedis)("the bundled Redis", () => {
  test("starts with its users: each may do its part, strangers and the default user nothing", async () => {
    const port = await freePort()
    const passwordOf = (user: string): string => `p|&\\1${user}`
    const place = { release: "spoor", root: join(folder, "redis"), port }
    const child = await startBundledRedis(of("default"), place, passwordOf)
    const ask = (user: string, ...command: ReadonlyArray<string>): string =>
      askRedis(port, [user, passwordOf(user)], ...command)
    try {
      expect(askRedis(port, ["health", "any"], "ping")).toBe("PONG")
      expect(askRedis(port, ["health", "any"], "get", "click_queue")).toContain("NOPERM")
      expect(ask("tracker", "rpush", "click_queue", "a line")).toBe("1")
      expect(ask("drainer", "llen", "click_queue")).toBe("1")
      expect(ask("tracker", "lpop", "click_queue")).toContain("NOPERM")
      expect(ask("consumer", "llen", "click_queue")).toContain("NOPERM")
      expect(askRedis(port, ["gateway", "wrong"], "ping")).toContain("NOAUTH")
      const anyone = spawnSync("redis-cli", ["-p", String(port), "ping"], { encoding: "utf8" })
      expect(anyone.stdout).toContain("NOAUTH")
    } finally {
      await endProgram(child)
    }
  })
})

describe.skipIf(!hasHelm || !canStartNats)("the bundled NATS", () => {
  for (const [name, release] of [
    ["default", "spoor"],
    ["bundled", "events"]
  ] as const) {
    test(`${name}: the server takes its configuration`, () => {
      const root = join(folder, `nats-${name}`)
      const texts = Object.entries(textsOf(of(name), "ConfigMap", `${release}-nats`))
      const [path = ""] = texts.map(([file, text]) => dirname(writeBelow(root, file, text)))
      const nats = objectOf<Workload>(of(name), "StatefulSet", `${release}-nats`)
      const passwords = (containerNamed(nats, "nats").env ?? []).map((one) => [one.name, `p-${one.name}`])
      const result = spawnSync("nats-server", ["-t", "--config", join(path, "nats.conf")], {
        encoding: "utf8",
        env: { ...process.env, ...Object.fromEntries(passwords) }
      })
      expect(result.stdout + result.stderr).toContain("is valid")
      expect(result.status).toBe(0)
    })
  }
})

const brokers = hasHelm ? await serverUrl(kafka) : undefined

describe.skipIf(!hasHelm || !canStartRedis || !canStartNats || brokers === undefined)(
  "every container as a process",
  () => {
    test("gets ready as the user that it is, an event comes through, each ends with 0", async () => {
      const topic = `chart-${Date.now()}`
      const [rendering] = await renderAll([
        { values: { actors: { tap: { enabled: true } }, kafka: { topic, brokers } } }
      ])
      if (rendering === undefined || rendering.error !== null) throw new Error(rendering?.error ?? "no Helm")
      const root = join(folder, "processes")
      const [redis, nats, monitor] = [await freePort(), await freePort(), await freePort()]
      const [gateway, viewer] = [await freePort(), await freePort()]
      const secret = textsOf(rendering, "Secret", "spoor-secrets")
      const place = { release: "spoor", root }
      const servers = await Promise.all([
        startBundledRedis(
          rendering,
          { ...place, port: redis },
          (user) => secret[`redis-password-${user}`] ?? ""
        ),
        startBundledNats(rendering, { ...place, port: nats, monitor })
      ])
      const hosts = {
        "spoor-redis:6379": `127.0.0.1:${redis}`,
        "spoor-nats:4222": `127.0.0.1:${nats}`,
        "spoor-gateway:5222": `127.0.0.1:${gateway}`
      }
      const start = async (name: string): Promise<Spoor> => {
        const workload = deployment(rendering, `spoor-${name}`)
        const container = containerNamed(workload, name)
        const data = join(root, "data", name)
        mkdirSync(data, { recursive: true })
        const [command, ...args] = container.args ?? []
        expect(command).toBe("actor")
        return startSpoor(args, {
          ...environmentOf(rendering, { workload, container }, root, hosts),
          ...{ DATA_DIR: data, OPS_PORT: "0", OPS_HOST: "127.0.0.1" },
          ...(name === "gateway" ? { GATEWAY_PORT: String(gateway) } : {}),
          ...(name === "viewer" ? { VIEWER_PORT: String(viewer) } : {})
        })
      }
      const running = new Map<string, Spoor>()
      try {
        running.set("bridge", await start("bridge"))
        await Promise.all(
          actorNames
            .filter((name) => name !== "bridge")
            .map(async (name) => void running.set(name, await start(name)))
        )
        for (const [name, spoor] of running)
          await eventually(
            `${name} is ready`,
            async () => (await fetch(spoor.address("health"))).status === 200
          )
        const sent = await fetch(`http://127.0.0.1:${gateway}/t/app_open?deviceid=abcdf`)
        expect(await sent.json()).toEqual({ status: "ok" })
        const authorization = `Basic ${btoa(`viewer:${secret["viewer-password"]}`)}`
        const counted = () =>
          fetch(`http://127.0.0.1:${viewer}/api/counters/event-counter`, { headers: { authorization } })
        await eventually("the event is counted", async () =>
          (await (await counted()).text()).includes("app_open")
        )
        expect((await fetch(`http://127.0.0.1:${viewer}/`)).status).toBe(401)
        const refusals = [...running].filter(([, spoor]) =>
          /NOPERM|[Pp]ermissions [Vv]iolation|NOAUTH/.test(spoor.output())
        )
        expect(refusals.map(([name, spoor]) => [name, spoor.output().slice(-2_000)])).toEqual([])
        const codes = await Promise.all([...running].map(async ([name, spoor]) => [name, await spoor.end()]))
        expect(codes.filter(([, code]) => code !== 0)).toEqual([])
      } finally {
        await Promise.all(Array.from(running.values(), (spoor) => spoor.end("SIGKILL")))
        await Promise.all(servers.map((server) => endProgram(server)))
      }
    }, 120_000)
  }
)
