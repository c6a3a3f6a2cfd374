/**
 * The project of `bun run deploy-test compose`: deploy/compose.yaml with its profiles, secrets of the test's own and no ports
 * of this machine, and a client in its network. Its containers live until `remove`.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually } from "../../support/eventually.ts"
import { docker, root } from "./docker.ts"

const project = "spoor-test"
const folder = mkdtempSync(join(tmpdir(), "spoor-compose-"))
const [environment, override] = [join(folder, "env"), join(folder, "override.yaml")]

/** The name by which clients in the network reach the proxy. */
export const secureName = "events.local"

const published = ["gateway", "viewer", "prometheus", "alertmanager", "proxy", "sidecar"]

/** Writes the secrets and what differs from a user's start. Grafana is left out: its image is not to be had here. */
export const prepareProject = (): void => {
  const template = readFileSync(join(root, "deploy", ".env.template"), "utf8")
  const secrets = template.replaceAll(/^(\w+)=$/gm, (_, name: string) => `${name}=of-${name}`)
  const names = `SITE_ADDRESS=${secureName}\nVIEWER_ADDRESS=viewer.local\nSIDECAR_QUEUE=true\n`
  writeFileSync(environment, `${secrets}\n${names}`)
  const services = published.map((name) => `  ${name}:\n    ports: !reset []\n`).join("")
  const alias = `    networks: { default: { aliases: [${secureName}] } }\n`
  const withAlias = services.replace("  proxy:\n", `  proxy:\n${alias}`)
  writeFileSync(override, `services:\n${withAlias}  grafana:\n    profiles: [left-out]\n`)
}

export const compose = (args: ReadonlyArray<string>, seconds = 600): Promise<string> =>
  docker(
    [
      ...["compose", "--project-name", project, "--env-file", environment],
      ...["--profile", "tls", "--profile", "sidecar"],
      ...["--file", "deploy/compose.yaml", "--file", override, ...args]
    ],
    seconds
  )

export const up = (...more: ReadonlyArray<string>): Promise<string> =>
  compose(["up", "--detach", "--wait", ...more], 900)

/** Runs the client in the network of the services and returns what it found. `name`: of its container. */
const client = async <A>(args: ReadonlyArray<string>, name?: string): Promise<A> => {
  const script = join(import.meta.dirname, "compose-client.ts")
  const password = /^VIEWER_PASSWORD=(.*)$/m.exec(readFileSync(environment, "utf8"))?.[1]
  const text = await docker(
    [
      ...["run", "--rm", "--network", `${project}_default`, "--volume", `${script}:/client.ts:ro`],
      ...(name === undefined ? [] : ["--name", name]),
      ...["--env", `VIEWER_PASSWORD=${password}`, "--entrypoint", "/usr/local/bin/bun", "spoor"],
      ...["/client.ts", ...args]
    ],
    1_800
  )
  return JSON.parse(text) as A
}

export interface Sent {
  readonly acknowledged: number
  /** Requests that were repeated. */
  readonly again: number
}

export const send = (address: string, type: string, count: number): Promise<Sent> =>
  client(["send", address, type, String(count)])

/** Sends without an end; `end` returns what was acknowledged. */
export const startLoad = (address: string, type: string): { readonly end: () => Promise<Sent> } => {
  const name = `${project}-load-${type}`
  const sent = client<Sent>(["load", address, type], name)
  sent.catch(() => undefined)
  return {
    end: async () => {
      await docker(["stop", "--time", "60", name])
      return sent
    }
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** The viewer's answer. */
export const fromViewer = (path: string): Promise<Answer> => client(["get", path])
/** The answer of an address in the network. */
export const fromNetwork = (address: string): Promise<Answer> => client(["fetch", address])

/** The number of records in a topic, as Kafka itself says. */
export const recordsInKafka = async (topic: string): Promise<number> =>
  (await client<{ readonly records: number }>(["records", topic])).records

export const counted = async (type: string): Promise<number> => {
  const { text } = await fromViewer("/api/counters/event-counter")
  const { rows } = JSON.parse(text) as {
    readonly rows: Readonly<
      Record<string, ReadonlyArray<{ readonly type?: string; readonly events: number }>>
    >
  }
  return rows["by-type"]?.find((row) => row.type === type)?.events ?? 0
}

/** Waits until as many were counted as were acknowledged; returns what was counted in the end. */
export const countAll = async (type: string, acknowledged: number, timeoutMs = 240_000): Promise<number> => {
  await eventually(
    `${type}: ${acknowledged} are counted`,
    async () => (await counted(type)) >= acknowledged,
    timeoutMs,
    2_000
  ).catch(async (cause: unknown) => {
    throw new Error(`${await counted(type)} of ${acknowledged} are counted\n${await stateOfAll()}`, { cause })
  })
  return counted(type)
}

/** Runs a command of Spoor in the viewer's container. */
export const spoor = (...args: ReadonlyArray<string>): Promise<string> =>
  compose(["exec", "-T", "viewer", "/usr/local/bin/bun", "/app/actors/commands/spoor.ts", ...args])

/** What a person would look at: the services, the ledger, and the last lines of their logs. */
const stateOfAll = async (): Promise<string> => {
  const parts = [compose(["ps", "--all"]), spoor("ledger"), compose(["logs", "--tail", "8"])]
  return (await Promise.all(parts.map((part) => part.catch(String)))).join("\n\n")
}

/** The container of a service. */
export const containerOf = async (service: string): Promise<string> =>
  (await compose(["ps", "--quiet", service])).split("\n")[0] ?? ""

/** The process of a container, as this machine numbers it. */
export const processOf = async (id: string): Promise<number> =>
  Number(await docker(["inspect", "--format", "{{.State.Pid}}", id]))

/** Removes the containers and volumes. */
export const remove = (): Promise<string> => compose(["down", "--volumes", "--timeout", "5"])
