/**
 * `bun run deploy-test compose`: deploy/compose.yaml as users start it, from `up` to counted events; more enrichers; every
 * container's process killed in turn under load; and `down` and `up` with the data kept. The image "spoor" and the images
 * named in compose.yaml must be there or to be had.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually } from "../../support/eventually.ts"
import { docker, needsDocker, root } from "./docker.ts"
import type { Check } from "./results.ts"

const project = "spoor-test"
const folder = mkdtempSync(join(tmpdir(), "spoor-compose-"))
const [environment, override] = [join(folder, "env"), join(folder, "override.yaml")]

/** Secrets of the test's own, and no ports of this machine. */
const prepare = (): void => {
  const template = readFileSync(join(root, "deploy", ".env.template"), "utf8")
  writeFileSync(
    environment,
    template.replaceAll(/^(\w+)=$/gm, (_, name: string) => `${name}=of-${name}`)
  )
  writeFileSync(override, "services:\n  gateway:\n    ports: !reset []\n  viewer:\n    ports: !reset []\n")
}

const compose = (args: ReadonlyArray<string>, seconds = 300): Promise<string> =>
  docker(
    [
      ...["compose", "--project-name", project, "--env-file", environment],
      ...["--file", "deploy/compose.yaml", "--file", override, ...args]
    ],
    seconds
  )

/** Runs the client in the network of the services and returns what it found. */
const client = async <A>(...args: ReadonlyArray<string>): Promise<A> => {
  const script = join(import.meta.dirname, "compose-client.ts")
  const password = /^VIEWER_PASSWORD=(.*)$/m.exec(readFileSync(environment, "utf8"))?.[1]
  const text = await docker(
    [
      ...["run", "--rm", "--network", `${project}_default`, "--volume", `${script}:/client.ts:ro`],
      ...[
        "--env",
        `VIEWER_PASSWORD=${password}`,
        "--entrypoint",
        "/usr/local/bin/bun",
        "spoor",
        "/client.ts"
      ],
      ...args
    ],
    600
  )
  return JSON.parse(text) as A
}

const send = (type: string, count: number) =>
  client<{ readonly acknowledged: number; readonly again: number }>("send", type, String(count))

const counted = async (type: string): Promise<number> =>
  (await client<{ readonly counted: number }>("counted", type)).counted

/** Waits until as many were counted as were acknowledged; returns what was counted in the end. */
const countAll = async (type: string, acknowledged: number): Promise<number> => {
  await eventually(
    `${type}: ${acknowledged} are counted`,
    async () => (await counted(type)) >= acknowledged,
    180_000,
    2_000
  ).catch(async (cause: unknown) => {
    throw new Error(`${await counted(type)} are counted\n${await stateOfAll()}`, { cause })
  })
  return counted(type)
}

/** What a person would look at: the services, the ledger, and the last lines of their logs. */
const stateOfAll = async (): Promise<string> => {
  const ledger = ["exec", "-T", "viewer", "/usr/local/bin/bun", "/app/actors/commands/spoor.ts", "ledger"]
  const parts = [compose(["ps", "--all"]), compose(ledger), compose(["logs", "--tail", "5"])]
  return (await Promise.all(parts.map((part) => part.catch(String)))).join("\n\n")
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`

const starts = async (): Promise<Check> => {
  const from = performance.now()
  await compose(["up", "--detach", "--wait"])
  const took = seconds(from)
  const { acknowledged } = await send("first", 20)
  const found = await countAll("first", acknowledged)
  return {
    name: "up: every service is healthy, and events are counted",
    passed: found === acknowledged,
    proof: `healthy after ${took}; ${acknowledged} acknowledged, ${found} counted`
  }
}

const scales = async (): Promise<Check> => {
  await compose(["up", "--detach", "--wait", "--scale", "enricher=3"])
  const enrichers = (await compose(["ps", "--quiet", "enricher"])).split("\n").length
  const { acknowledged } = await send("scaled", 200)
  const found = await countAll("scaled", acknowledged)
  return {
    name: "--scale enricher=3: three share the work",
    passed: enrichers === 3 && found === acknowledged,
    proof: `${enrichers} enrichers; ${acknowledged} acknowledged, ${found} counted`
  }
}

/** Kills the process itself: `docker kill` would count as a person's wish, and nothing would start it again. */
const kill = async (service: string): Promise<void> => {
  const [id = ""] = (await compose(["ps", "--quiet", service])).split("\n")
  const [pid, restarts] = (
    await docker(["inspect", "--format", "{{.State.Pid}} {{.RestartCount}}", id])
  ).split(" ")
  execFileSync("kill", ["-9", pid ?? ""])
  await eventually(
    `${service} is back`,
    async () => {
      const format =
        "{{.RestartCount}} {{.State.Running}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"
      const [count, isRunning, health] = (await docker(["inspect", "--format", format, id])).split(" ")
      return Number(count) > Number(restarts) && isRunning === "true" && (health || "healthy") === "healthy"
    },
    120_000
  )
}

const survives = async (): Promise<Check> => {
  const services = (await compose(["config", "--services"])).split("\n").toSorted()
  const load = send("survived", 4_000)
  for (const service of services) await kill(service)
  const { acknowledged, again } = await load
  const found = await countAll("survived", acknowledged)
  return {
    name: "every container killed in turn under load: nothing lost, nothing counted twice",
    passed: found === acknowledged,
    proof: `${services.length} killed; ${acknowledged} acknowledged (${again} sent again), ${found} counted`
  }
}

const keeps = async (): Promise<Check> => {
  await compose(["down"])
  await compose(["up", "--detach", "--wait"])
  const found = await counted("survived")
  const { acknowledged } = await send("after", 20)
  const after = await countAll("after", acknowledged)
  return {
    name: "down and up: the data is kept, and new events are counted",
    passed: found === 4_000 && after === acknowledged,
    proof: `${found} still counted; ${acknowledged} acknowledged, ${after} counted`
  }
}

/** Every check of compose.yaml, in order; removes its containers and volumes at the end. */
export const composed = async (): Promise<ReadonlyArray<Check>> => {
  await needsDocker()
  prepare()
  try {
    return [await starts(), await scales(), await survives(), await keeps()]
  } finally {
    await compose(["down", "--volumes", "--timeout", "5"])
  }
}
