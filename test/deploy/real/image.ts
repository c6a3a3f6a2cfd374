/**
 * `bun run deploy-test image`: builds the image by the Dockerfile that users have, then runs every actor in it: not root,
 * with a read-only root file system, within 256 MiB; and an event through all of them in one container.
 */
import { actorNames } from "../../../actors/all.ts"
import packageJson from "../../../package.json" with { type: "json" }
import { eventually } from "../../support/eventually.ts"
import { startBroker } from "../../support/kafka.ts"
import { privateNats } from "../../support/nats.ts"
import { startRedis } from "../../support/redis.ts"
import { freePort } from "../../support/server.ts"
import { docker, needsDocker } from "./docker.ts"
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
  const version = ["--build-arg", `VERSION=${packageJson.version}`]
  await docker(
    ["build", "--network", "host", "--file", "deploy/image/Dockerfile", ...version, "--tag", tag, "."],
    900
  )
  const size = Number(await docker(["image", "inspect", "--format", "{{.Size}}", tag]))
  const user = await docker(["image", "inspect", "--format", "{{.Config.User}}", tag])
  return {
    name: "the image is built, is under 150 MB and is not root's",
    passed: size < 150e6 && user === "10001:10001",
    proof: `${megabytes(size)}, user ${user}, built in ${seconds(from)}`
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

/** Every check of the image, in order. Needs a Docker engine and, for single actors, real Redis, NATS and Kafka. */
export const image = async (): Promise<ReadonlyArray<Check>> => {
  await needsDocker()
  const [redis, nats, broker] = await Promise.all([startRedis(), privateNats(), startBroker()])
  if (redis === undefined || broker === undefined) throw new Error("Install redis-server, Java and Maven.")
  await nats.start()
  const settings = {
    ...{ REDIS_URL: redis.url, NATS_URL: nats.url, KAFKA_BROKERS: broker.url, KAFKA_TOPIC: "events" },
    ...{ GATEWAY_PORT: "0", VIEWER_PORT: "0", VIEWER_HOST: "127.0.0.1" }
  }
  const checks = [await build(), await wholePipeline()]
  for (const name of actorNames) checks.push(await oneActor(name, settings))
  await Promise.all([redis.stop(), nats.remove(), broker.remove()])
  return checks
}
