/**
 * The embedded edge, `spoor edge`: one process with the queue in a file takes events with and without a line to the centre,
 * forwards them over NATS, WebSocket or signed HTTP, and its ledger and that of the centre add up.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { Redis } from "ioredis"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"
import { freePort } from "../support/server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const root = join(import.meta.dirname, "..", "..")
const secret = "a-secret-of-edges-1"

const running: Array<{ readonly end: (signal?: NodeJS.Signals) => Promise<unknown> }> = []
const servers: Array<NatsServer | RedisServer> = []
afterAll(async () => {
  await Promise.all(running.map((one) => one.end("SIGKILL")))
  await Promise.all(servers.map((one) => one.remove()))
})

const start = async (args: ReadonlyArray<string>, settings: Environment, runtime: "bun" | "deno" = "bun") => {
  const spoor = await startSpoor(args, settings, runtime)
  running.push(spoor)
  return spoor
}

const send = async (edge: Spoor, from: number, count: number): Promise<void> => {
  for (let n = from; n < from + count; n++) {
    const response = await fetch(new URL(`/t/e?n=${n}`, edge.address("send events")))
    expect(response.status).toBe(200)
  }
}

interface LedgerJson {
  readonly total: {
    readonly received: number
    readonly stored: number
    readonly waiting: number
    readonly forwarded?: number
  }
  readonly balanced: boolean
}

const ledgerOf = async (settings: Environment): Promise<LedgerJson> => {
  const env = { ...process.env, ...settings }
  const { stdout } = await promisify(execFile)("bun", ["actors/commands/ledger.ts", "--json"], {
    cwd: root,
    env
  })
  return JSON.parse(stdout)
}

const ledgerText = async (settings: Environment): Promise<string> =>
  (
    await promisify(execFile)("bun", ["actors/commands/ledger.ts"], {
      cwd: root,
      env: { ...process.env, ...settings }
    })
  ).stdout

/** The numbers of the events in the queue of the centre. */
const arrived = async (url: string): Promise<ReadonlyArray<number>> => {
  const redis = new Redis(url)
  const lines = await redis.lrange("click_queue", 0, -1)
  redis.disconnect()
  return lines.map((line) => Number(/ n=(\d+) /.exec(line)?.[1]))
}

const runtimes = denoProgram() === undefined ? (["bun"] as const) : (["bun", "deno"] as const)
const lines = ["nats", "websocket", "http"] as const

describe.skipIf(!canStartNats || !hasRedisProgram())("an embedded edge", () => {
  for (const runtime of runtimes)
    for (const line of runtime === "bun" ? lines : lines.slice(2))
      test(`keeps events without a line, and forwards each once when there is one: ${line} on ${runtime}`, async () => {
        const redis = await privateRedis([], "always")
        await redis.start()
        const nats = await privateNats("", line === "websocket" ? "websocket" : "tcp")
        servers.push(redis, nats)
        const port = await freePort()
        const centre = ownSettings({ REDIS_URL: redis.url, NATS_URL: nats.url, GATEWAY_PORT: String(port) })
        const settings = ownSettings(
          line === "http"
            ? { EDGE_CENTRE: `http://127.0.0.1:${port}`, EDGE_SECRET: secret }
            : { EDGE_CENTRE: "nats", NATS_URL: nats.url }
        )
        const edge = await start(["gateway", "forwarder"], settings, runtime)
        await send(edge, 0, 50)
        const logged = (text: RegExp) => eventually(String(text), () => text.test(edge.output()))
        await logged(/no line to the centre|No connection to NATS/)
        const ready = await fetch(`${edge.address("health").origin}/health/ready`)
        expect(ready.status).toBe(200)
        expect((await ledgerOf(settings)).balanced).toBe(true)

        await nats.start()
        const name = line === "http" ? "gateway" : "receiver"
        await start([name], line === "http" ? { ...centre, EDGE_SECRET: secret } : centre)
        await eventually(
          "all are in the centre",
          async () => (await arrived(redis.url)).length === 50,
          60_000
        )
        await send(edge, 50, 50)
        await eventually("the others too", async () => (await arrived(redis.url)).length >= 100, 60_000)
        expect((await arrived(redis.url)).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 100 }, (_, i) => i)
        )
        await eventually("all are settled", async () => (await ledgerOf(settings)).total.stored === 100)
        const { total, balanced } = await ledgerOf(settings)
        expect([total, balanced]).toEqual([
          expect.objectContaining({ received: 100, stored: 100, waiting: 0, forwarded: 100 }),
          true
        ])
        expect(await ledgerText(settings)).toContain("100 of the stored lines were forwarded to the centre")
        const metrics = await (await fetch(new URL("/metrics", edge.address("health")))).text()
        expect(metrics).toMatch(/spoor_actor_events_total\{actor="forwarder",outcome="succeeded"\} 100/)
        await eventually("the ledger's series", async () =>
          /spoor_ledger_lines\{.*state="forwarded".*\} 100/.test(
            await (await fetch(new URL("/metrics", edge.address("health")))).text()
          )
        )
        await logged(/Lines reach the centre again|NATS at .* works again/)
        expect(edge.output().match(/no line to the centre/g)?.length ?? 0).toBeLessThanOrEqual(1)
        const rss =
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${edge.process.pid}/status`, "utf8"))?.[1]) / 1024
        process.stdout.write(`edge on ${runtime} over ${line}: ${Math.round(rss)} MiB\n`)
        expect(await edge.end()).toBe(0)
      }, 120_000)

  test("`spoor edge` starts a gateway and a forwarder, and says what is missing", async () => {
    const run = (more: Environment) =>
      promisify(execFile)("bun", ["actors/commands/spoor.ts", "edge", "--check"], {
        cwd: root,
        env: { ...process.env, ...ownSettings(more) }
      }).then(
        ({ stdout, stderr }) => stdout + stderr,
        ({ stdout, stderr, code }) => `${code} ${stdout}${stderr}`
      )
    expect(await run({ EDGE_CENTRE: "https://events.example.com", EDGE_SECRET: secret })).not.toMatch(/^78/)
    // The command of deploy/README.md, section Sites.
    const readme = readFileSync(join(root, "deploy", "README.md"), "utf8")
    const block =
      /<!-- run by test\/end-to-end\/embedded-edge.test.ts -->\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? ""
    expect(block).toContain("npm run edge")
    const checked = await promisify(execFile)(
      "sh",
      ["-ec", block.replace("npm run edge", "npm run edge -- --check")],
      {
        cwd: root,
        env: { ...process.env, ...ownSettings(), npm_config_update_notifier: "false" }
      }
    )
    expect(checked.stdout + checked.stderr).not.toMatch(/fault/)
    expect(await run({})).toContain("forwarder needs EDGE_CENTRE")
    expect(await run({ EDGE_CENTRE: "ftp://x" })).toContain("it must be nats, or the address of a gateway")
    expect(await run({ EDGE_CENTRE: "https://events.example.com" })).toContain("needs EDGE_SECRET")
    expect(await run({ EDGE_CENTRE: "nats" })).toContain("needs NATS_URL")
  }, 60_000)
})
