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

/** Runs every container of the mode as a process with the bundled servers; `use` gets the gateway's and viewer's ports. */
const withProcesses = async (
  mode: "distributed" | "sidecar",
  use: (
    running: ReadonlyMap<string, Spoor>,
    gateway: string,
    viewer: string,
    password: string
  ) => Promise<void>
): Promise<void> => {
  const topic = `chart-${mode}-${Date.now()}`
  // In a sidecar each gateway has a queue of its own: there is none for a receiver.
  const hasReceiver = mode === "distributed"
  const optional = ["notifier", "attributor", "click-stats", "postback-stats", "sessions", "tap"]
  const extra = {
    ...Object.fromEntries(optional.map((name) => [name, { enabled: true }])),
    receiver: { enabled: hasReceiver }
  }
  const values = { mode, actors: extra, kafka: { topic, topics: ["clicks"], brokers } }
  const [rendering] = await renderAll([{ values }])
  if (rendering === undefined || rendering.error !== null) throw new Error(rendering?.error ?? "no Helm")
  const root = join(folder, mode)
  const [redis, nats, monitor] = [await freePort(), await freePort(), await freePort()]
  const [gateway, viewer] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const secret = textsOf(rendering, "Secret", "spoor-secrets")
  const place = { release: "spoor", root }
  const servers = await Promise.all([
    startBundledRedis(rendering, { ...place, port: redis }, (user) => secret[`redis-password-${user}`] ?? ""),
    startBundledNats(rendering, { ...place, port: nats, monitor })
  ])
  const hosts = {
    "127.0.0.1:6379": `127.0.0.1:${redis}`,
    "spoor-redis:6379": `127.0.0.1:${redis}`,
    "spoor-sidecar-0.spoor-sidecar:6379": `127.0.0.1:${redis}`,
    // One Redis stands for both pods: two URLs of the same one would be two queues that are one.
    ...Object.fromEntries(
      ["deliverer", "viewer"].map((user) => [
        `,redis://${user}:${secret[`redis-password-${user}`]}@spoor-sidecar-1.spoor-sidecar:6379`,
        ""
      ])
    ),
    "spoor-nats:4222": `127.0.0.1:${nats}`,
    "spoor-gateway:5222": gateway
  }
  const start = async (name: string): Promise<Spoor> => {
    const isBeside = mode === "sidecar" && ["gateway", "drainer"].includes(name)
    const workload = isBeside
      ? objectOf<Workload>(rendering, "StatefulSet", "spoor-sidecar")
      : deployment(rendering, `spoor-${name}`)
    const container = containerNamed(workload, name)
    const data = join(root, "data", name)
    mkdirSync(data, { recursive: true })
    const [command, ...args] = container.args ?? []
    expect(command).toBe("actor")
    return startSpoor(args, {
      ...environmentOf(rendering, { workload, container }, root, hosts),
      ...{ DATA_DIR: data, OPS_PORT: "0", OPS_HOST: "127.0.0.1", NOTIFIER_PORT: "0" },
      ...(name === "gateway" ? { GATEWAY_PORT: new URL(`http://${gateway}`).port } : {}),
      ...(name === "viewer" ? { VIEWER_PORT: new URL(`http://${viewer}`).port } : {})
    })
  }
  const running = new Map<string, Spoor>()
  try {
    // It makes the topic, which the readers look for.
    running.set("bridge", await start("bridge"))
    await Promise.all(
      actorNames
        .filter((name) => name !== "bridge" && name !== "forwarder" && (hasReceiver || name !== "receiver"))
        .map(async (name) => void running.set(name, await start(name)))
    )
    await use(running, gateway, viewer, secret["viewer-password"] ?? "")
  } finally {
    await Promise.all(Array.from(running.values(), (spoor) => spoor.end("SIGKILL")))
    await Promise.all(servers.map((server) => endProgram(server)))
  }
}

describe.skipIf(!hasHelm || !canStartRedis || !canStartNats || brokers === undefined)(
  "every container as a process",
  () => {
    for (const mode of ["distributed", "sidecar"] as const)
      test(`${mode}: gets ready as the user that it is, an event comes through, each ends with 0`, async () => {
        await withProcesses(mode, async (running, gateway, viewer, password) => {
          for (const [name, spoor] of running)
            await eventually(
              `${name} is ready`,
              async () => (await fetch(spoor.address("health"))).status === 200
            )
          const sent = await fetch(`http://${gateway}/t/app_open?deviceid=abcdf`)
          expect(await sent.json()).toEqual({ status: "ok" })
          const headers = { authorization: `Basic ${btoa(`viewer:${password}`)}` }
          const counted = () => fetch(`http://${viewer}/api/counters/event-counter`, { headers })
          await eventually("the event is counted", async () =>
            (await (await counted()).text()).includes("app_open")
          )
          expect((await fetch(`http://${viewer}/`)).status).toBe(401)
          const refused = [...running].filter(([, spoor]) =>
            /NOPERM|Permissions Violation|NOAUTH/i.test(spoor.output())
          )
          expect(refused.map(([name, spoor]) => [name, spoor.output().slice(-2_000)])).toEqual([])
          const codes = await Promise.all(
            [...running].map(async ([name, spoor]) => [name, await spoor.end()])
          )
          expect(codes.filter(([, code]) => code !== 0)).toEqual([])
        })
      }, 120_000)
  }
)
