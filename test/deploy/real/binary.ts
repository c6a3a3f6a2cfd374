/**
 * `bun run deploy-test binary`: the one executable in a bare Debian, where nothing is installed: it starts, counts an event and
 * shows its pages, alone and with real Redis, NATS and Kafka; its commands and its workers run. For 64-bit ARM it is built
 * and looked at.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildBinary } from "../../../deploy/binary.ts"
import { eventually } from "../../support/eventually.ts"
import { startBroker } from "../../support/kafka.ts"
import { privateNats } from "../../support/nats.ts"
import { startRedis } from "../../support/redis.ts"
import { freePort } from "../../support/server.ts"
import { docker } from "./docker.ts"
import { run } from "./engine/cache.ts"
import { debianImage } from "./engine/images.ts"
import { prepare } from "./engine/prepare.ts"
import type { Check } from "./results.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-binary-"))
const file = join(folder, "spoor")
type Settings = Readonly<Record<string, string>>

/** Starts it in a container of Debian without rights, and returns the container. */
const start = (args: ReadonlyArray<string>, settings: Settings): Promise<string> =>
  docker([
    ...["run", "--detach", "--network", "host", "--user", "10001:10001", "--cap-drop", "ALL"],
    ...["--read-only", "--tmpfs", "/tmp:mode=1777", "--volume", `${file}:/usr/local/bin/spoor:ro`],
    ...Object.entries(settings).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...[debianImage, "/usr/local/bin/spoor", ...args]
  ])

/** Waits until it is ready; the milliseconds since `from`. */
const untilUp = async (id: string, from: number, { OPS_PORT }: Settings): Promise<number> => {
  const address = `http://127.0.0.1:${OPS_PORT}/health/ready`
  await eventually("Spoor is ready", async () => (await fetch(address)).ok, 30_000, 50).catch(
    async (cause: unknown) => {
      const state = await docker(["inspect", "--format", "{{json .State}}", id])
      throw new Error(`${state}\n${await run("sh", ["-c", `docker logs ${id} 2>&1`])}`, { cause })
    }
  )
  return performance.now() - from
}

const stop = async (id: string): Promise<number> => {
  await docker(["stop", "--time", "30", id])
  const code = Number(await docker(["inspect", "--format", "{{.State.ExitCode}}", id]))
  await docker(["rm", "--volumes", id])
  return code
}

const ports = async (): Promise<Settings> => ({
  ...{ GATEWAY_PORT: String(await freePort()), VIEWER_PORT: String(await freePort()) },
  ...{ OPS_PORT: String(await freePort()), DATA_DIR: "/tmp/data" }
})

const pipeline = async (name: string, servers: Settings): Promise<Check> => {
  const settings = { ...(await ports()), ...servers }
  const from = performance.now()
  const id = await start(["start"], settings)
  const took = await untilUp(id, from, settings)
  const viewer = `http://127.0.0.1:${settings.VIEWER_PORT}`
  const { status } = await fetch(`http://127.0.0.1:${settings.GATEWAY_PORT}/t/from_the_binary?n=1`)
  await eventually(
    "the event is counted",
    async () =>
      (await (await fetch(`${viewer}/api/counters/event-counter`)).text()).includes("from_the_binary"),
    60_000,
    200
  )
  const pages = await Promise.all(["/", "/events", "/page/lib/uplot.js"].map((path) => fetch(viewer + path)))
  const ledger = await docker(["exec", id, "spoor", "ledger"])
  const memory = (await docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", id])).split(" / ")[0]
  const code = await stop(id)
  return {
    name: `\`spoor start\` on a bare Debian counts an event and shows the pages: ${name}`,
    passed: status === 200 && pages.every(({ ok }) => ok) && ledger.includes("balances") && code === 0,
    proof: `ready after ${(took / 1000).toFixed(1)} s, ${memory}, answered ${status}, ended with ${code}`
  }
}

const version = async (): Promise<Check> => {
  const times: Array<number> = []
  for (let i = 0; i < 5; i++) {
    const from = performance.now()
    Bun.spawnSync([file, "--version"], { env: {} })
    times.push(performance.now() - from)
  }
  const size = readFileSync(file).length
  const median = times.toSorted((a, b) => a - b)[2] ?? 0
  return {
    name: "the executable is under 150 MB",
    passed: size < 150e6,
    proof: `${Math.round(size / 1e6)} MB; \`spoor --version\` takes ${Math.round(median)} ms`
  }
}

const workers = async (servers: Settings): Promise<Check> => {
  const settings = { ...(await ports()), ...servers }
  const id = await start(["actor", "gateway", "--workers", "2"], settings)
  const status = await eventually(
    "a worker answers",
    async () => (await fetch(`http://127.0.0.1:${settings.GATEWAY_PORT}/t/from_workers?n=1`)).status,
    60_000,
    200
  )
  const code = await stop(id)
  return {
    name: "`spoor actor gateway --workers 2` starts its workers from the executable",
    passed: status === 200 && code === 0,
    proof: `answered ${status}, ended with ${code}`
  }
}

const otherProcessor = async (): Promise<Check> => {
  const other = join(folder, "spoor-arm64")
  const size = await buildBinary(other, "linux-arm64")
  // Bytes 18 and 19 of an ELF file name the processor: 183 is 64-bit ARM.
  const machine = readFileSync(other).readUInt16LE(18)
  return {
    name: "`bun run binary linux-arm64` builds the executable for 64-bit ARM",
    passed: machine === 183,
    proof: `${Math.round(size / 1e6)} MB, ELF machine ${machine}; not run`
  }
}

/** Every check of the executable, in order. */
export const binary = async (): Promise<ReadonlyArray<Check>> => {
  const prepared = await prepare(false, async () => "")
  const [redis, nats, broker] = await Promise.all([startRedis(), privateNats(), startBroker()])
  try {
    if (redis === undefined || broker === undefined) throw new Error("Install redis-server, Java and Maven.")
    await nats.start()
    await buildBinary(file)
    const servers = { REDIS_URL: redis.url, NATS_URL: nats.url, KAFKA_BROKERS: broker.url }
    return [
      await version(),
      await pipeline("embedded services", {}),
      await pipeline("Redis, NATS and Kafka", servers),
      await workers(servers),
      await otherProcessor()
    ]
  } finally {
    await Promise.all([redis?.stop(), nats.remove(), broker?.remove()])
    rmSync(folder, { recursive: true })
    await prepared.stop()
  }
}
