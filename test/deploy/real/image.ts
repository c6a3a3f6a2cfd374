/**
 * `bun run deploy-test image`: builds the image by the Dockerfile that users have, twice and for two processors, then runs
 * every actor in it: not root, with a read-only root file system, within 256 MiB; and an event through all of them in one
 * container.
 */
import { readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { actorNames } from "../../../actors/all.ts"
import packageJson from "../../../package.json" with { type: "json" }
import { eventually } from "../../support/eventually.ts"
import { startBroker } from "../../support/kafka.ts"
import { privateNats } from "../../support/nats.ts"
import { startRedis } from "../../support/redis.ts"
import { freePort } from "../../support/server.ts"
import { buildImage } from "./build-image.ts"
import { docker } from "./docker.ts"
import { armImage } from "./engine/images.ts"
import { prepare } from "./engine/prepare.ts"
import type { Check } from "./results.ts"

const tag = `spoor-test:${packageJson.version}`
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** Every way in which the image is run: no rights, nothing to write to but /tmp and the data, and a limit of memory. */
const confined = [
  "--read-only",
  "--tmpfs",
  "/tmp",
  "--cap-drop",
  "ALL",
  "--memory",
  "256m",
  "--network",
  "host"
]

/** Starts it and returns its name once the image's own health check calls it healthy. */
const start = async (
  args: ReadonlyArray<string>,
  settings: Readonly<Record<string, string>>,
  more: ReadonlyArray<string> = []
): Promise<string> => {
  const variables = Object.entries({ OPS_PORT: String(await freePort()), ...settings })
  const environment = variables.flatMap(([name, value]) => ["--env", `${name}=${value}`])
  const id = await docker(["run", "--detach", ...confined, ...more, ...environment, tag, ...args])
  await eventually(
    `${args.join(" ")} is healthy`,
    async () => (await docker(["inspect", "--format", "{{.State.Health.Status}}", id])) === "healthy"
  ).catch(async (cause: unknown) => {
    throw new Error(`${String(cause)}\n${await docker(["logs", "--tail", "20", id])}`)
  })
  return id
}

/** Stops it as Docker does, and removes it; returns its exit code. */
const stop = async (id: string): Promise<number> => {
  await docker(["stop", id])
  const code = Number(await docker(["inspect", "--format", "{{.State.ExitCode}}", id]))
  await docker(["rm", "--volumes", id])
  return code
}

const build = async (): Promise<Check> => {
  const from = performance.now()
  await buildImage(tag)
  const size = Number(await docker(["image", "inspect", "--format", "{{.Size}}", tag]))
  const user = await docker(["image", "inspect", "--format", "{{.Config.User}}", tag])
  const labels = JSON.parse(await docker(["image", "inspect", "--format", "{{json .Config.Labels}}", tag]))
  const revision = labels["org.opencontainers.image.revision"]
  return {
    name: "the image is built, is under 150 MB, is not root's and has its version and revision as labels",
    passed:
      size < 150e6 &&
      user === "10001:10001" &&
      labels["org.opencontainers.image.version"] === packageJson.version &&
      /^[0-9a-f]{40}$/.test(revision),
    proof: `${megabytes(size)}, user ${user}, built in ${seconds(from)}`
  }
}

const layersOf = (name: string): Promise<string> =>
  docker(["image", "inspect", "--format", "{{json .RootFS.Layers}}", name])

/** A build that reuses nothing has the same layers. */
const buildAgain = async (): Promise<Check> => {
  const again = `${tag}-again`
  await buildImage(again, "--no-cache")
  const [first, second] = [await layersOf(tag), await layersOf(again)]
  const digests = JSON.parse(first).map((digest: string) => digest.slice(7, 19))
  return {
    name: "a second build without cache has the same layers",
    passed: first === second,
    proof: `${first === second ? "same" : "other"} digests: ${digests.join(", ")}`
  }
}

/** A file of an image, in a temporary file that `use` is given. */
const withFile = async <A>(name: string, path: string, use: (file: string) => A | Promise<A>): Promise<A> => {
  const id = await docker(["create", name])
  const file = join(tmpdir(), `spoor-image-file-${process.pid}`)
  try {
    await docker(["cp", `${id}:${path}`, file])
    return await use(file)
  } finally {
    await docker(["rm", "--volumes", id])
    rmSync(file, { force: true })
  }
}

const materials = async (): Promise<Check> => {
  const bill = await withFile(tag, "/usr/share/spoor/sbom.cdx.json", (file) =>
    JSON.parse(readFileSync(file, "utf8"))
  )
  const names: ReadonlyArray<string> = bill.components.map((one: { readonly name: string }) => one.name)
  const needed = [...Object.keys(packageJson.dependencies), "libc6"]
  const missing = needed.filter(
    (name) => !names.includes(name.replace(/^@.*\//, "")) && !names.includes(name)
  )
  return {
    name: "the image holds its bill of materials",
    passed: bill.bomFormat === "CycloneDX" && missing.length === 0,
    proof: `CycloneDX ${bill.specVersion}, ${names.length} components${missing.length === 0 ? "" : `; missing: ${missing.join(", ")}`}`
  }
}

/** Built for another processor: nothing of it runs here, so its files are looked at. */
const otherProcessor = async (isOwn: boolean): Promise<Check> => {
  const arm = `${tag}-arm64`
  const base = isOwn ? ["--build-arg", `LIBC_IMAGE=${armImage}`] : []
  await buildImage(arm, "--platform", "linux/arm64", ...base)
  const architecture = await docker(["image", "inspect", "--format", "{{.Architecture}}", arm])
  const files = [
    "/usr/local/bin/bun",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/app/node_modules/@node-rs/crc32-linux-arm64-gnu/crc32.linux-arm64-gnu.node"
  ]
  // Bytes 18 and 19 of an ELF file name the processor: 183 is 64-bit ARM.
  const machines: Array<number> = []
  for (const path of files)
    machines.push(await withFile(arm, path, (file) => readFileSync(file).readUInt16LE(18)))
  const size = Number(await docker(["image", "inspect", "--format", "{{.Size}}", arm]))
  return {
    name: "the image is built for linux/arm64 too",
    passed: architecture === "arm64" && machines.every((machine) => machine === 183),
    proof: `${architecture}, ${megabytes(size)}; ${files.length} programs and libraries looked at, ${machines.every((machine) => machine === 183) ? "all" : "not all"} for 64-bit ARM; not run`
  }
}

/** An actor in a container of its own, on real servers. */
const oneActor = async (name: string, settings: Readonly<Record<string, string>>): Promise<Check> => {
  const from = performance.now()
  const id = await start(["actor", name], settings)
  const took = seconds(from)
  const [memory] = (await docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", id])).split(" / ")
  const stopped = performance.now()
  const code = await stop(id)
  return {
    name: `${name} runs without rights on a read-only file system and ends with 0`,
    passed: code === 0,
    proof: `healthy after ${took}, ${memory}, ended in ${seconds(stopped)} with ${code}`
  }
}

/** All actors in one container: an event is accepted, stored and counted, and still there in the next container. */
const wholePipeline = async (): Promise<Check> => {
  const [gateway, viewer] = [await freePort(), await freePort()]
  const settings = { GATEWAY_PORT: String(gateway), VIEWER_PORT: String(viewer) }
  const volume = await docker(["volume", "create"])
  const data = ["--volume", `${volume}:/data`]
  const counted = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${viewer}/api/counters/event-counter`)
    return (await answer.text()).includes("from_the_image")
  }
  const first = await start([], settings, data)
  const { status } = await fetch(`http://127.0.0.1:${gateway}/t/from_the_image?n=1`)
  await eventually("the event is counted", counted)
  const codes = [await stop(first)]
  const second = await start([], settings, data)
  const isKept = await counted()
  codes.push(await stop(second))
  await docker(["volume", "rm", volume])
  return {
    name: "all actors in one container count an event, and keep it in a volume",
    passed: status === 200 && isKept && codes.every((code) => code === 0),
    proof: `answered ${status}, counted, ${isKept ? "still counted" : "lost"} in the next container`
  }
}

/** Several processes on one port in a container. */
const workers = async (settings: Readonly<Record<string, string>>): Promise<Check> => {
  const port = await freePort()
  const id = await start(["actor", "gateway", "--workers", "2"], { ...settings, GATEWAY_PORT: String(port) })
  const { status } = await fetch(`http://127.0.0.1:${port}/t/from_workers?n=1`)
  const code = await stop(id)
  return {
    name: "gateway --workers 2 runs in one container",
    passed: status === 200 && code === 0,
    proof: `answered ${status}, ended with ${code}`
  }
}

/** Every check of the image, in order. Needs a Docker engine and, for single actors, real Redis, NATS and Kafka. */
export const image = async (): Promise<ReadonlyArray<Check>> => {
  const prepared = await prepare(false, async () => tag)
  try {
    return await checks(prepared.isOwn)
  } finally {
    await prepared.stop()
  }
}

const checks = async (isOwn: boolean): Promise<ReadonlyArray<Check>> => {
  const [redis, nats, broker] = await Promise.all([startRedis(), privateNats(), startBroker()])
  if (redis === undefined || broker === undefined) throw new Error("Install redis-server, Java and Maven.")
  await nats.start()
  const settings = {
    ...{ REDIS_URL: redis.url, NATS_URL: nats.url, KAFKA_BROKERS: broker.url, KAFKA_TOPIC: "events" },
    KAFKA_TOPICS: "clicks",
    ...{ GATEWAY_PORT: "0", VIEWER_PORT: "0", VIEWER_HOST: "127.0.0.1" }
  }
  const found = [await build(), await buildAgain(), await materials(), await otherProcessor(isOwn)]
  found.push(await wholePipeline(), await workers(settings))
  for (const name of actorNames) found.push(await oneActor(name, settings))
  await Promise.all([redis.stop(), nats.remove(), broker.remove()])
  return found
}
