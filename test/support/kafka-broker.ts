/**
 * Apache Kafka brokers of a test's own, for faults: one, or a cluster (KRaft; each broker is a controller too). They run
 * from the jars of Maven Central, which are downloaded once into the user's cache folder. Starting takes about 4 s. They
 * live until `kill` or `remove`, at most as long as this process.
 */

import { type ChildProcess, execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { freeze, unfreeze } from "./freeze.ts"
import { isMissing } from "./missing.ts"
import { endProgram, freePort, hasProgram, startProgram } from "./server.ts"

const pom = join(import.meta.dirname, "kafka", "pom.xml")

/** The version of Kafka that tests run. */
export const kafkaVersion =
  /<kafka\.version>(.+)<\/kafka\.version>/.exec(readFileSync(pom, "utf8"))?.[1] ?? "unknown"

/** How to get a broker, as a sentence. */
export const howToGetKafka =
  "Start Docker, or install Java 17 and Maven (which fetches Kafka once), or set KAFKA_BROKERS."

/** The listeners of one broker of a cluster: for clients, for other controllers, and for clients behind a proxy. */
export interface Node {
  readonly id: number
  readonly listeners: string
  readonly advertised: string
  /** `host:port` of its controller. */
  readonly controller: string
}

/** A broker's settings for server.properties; a container gets them as `KAFKA_…` variables. */
export const brokerProperties = (node: Node, all: ReadonlyArray<Node>): Record<string, string> => {
  const replicas = String(Math.min(3, all.length))
  const enough = String(Math.min(2, all.length))
  return {
    "process.roles": "broker,controller",
    "node.id": String(node.id),
    "controller.quorum.voters": all.map(({ id, controller }) => `${id}@${controller}`).join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    listeners: `${node.listeners},CONTROLLER://${node.controller}`,
    "advertised.listeners": node.advertised,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "3",
    "default.replication.factor": replicas,
    "min.insync.replicas": enough,
    "offsets.topic.num.partitions": "5",
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": enough,
    "group.initial.rebalance.delay.ms": "0",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "log.cleaner.enable": "false"
  }
}

/** A broker of a test's own. It keeps its ports and its data over restarts. */
export interface Broker {
  /** `host:port`, for `KAFKA_BROKERS`. */
  readonly url: string
  /**
   * For a proxy in front of the broker: the port that the proxy forwards to, and the port that the proxy must listen on,
   * because the broker advertises it to clients of the proxy.
   */
  readonly proxied: { readonly target: number; readonly advertised: number }
  /** Starts it again after `stop` or `kill`; resolves when it accepts requests. */
  readonly start: () => Promise<void>
  /** Shuts it down gracefully (SIGTERM). */
  readonly stop: () => Promise<void>
  /** Kills it (SIGKILL). */
  readonly kill: () => Promise<void>
  /** Freezes it (SIGSTOP): connections stay open, but it does not respond. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
  /** Kills it and removes its data. */
  readonly remove: () => Promise<void>
}

const java = (heap: string): Array<string> => [
  `-Xmx${heap}`,
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dlog4j2.level=INFO"
]

/** The folder with Kafka's jars, which Maven downloads the first time; undefined when the download fails. */
export const kafkaJars = async (): Promise<string | undefined> => {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor")
  const folder = join(cache, `kafka-${kafkaVersion}-with-tools`)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "fetching-"))
  try {
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${fresh}`]
    await promisify(execFile)("mvn", ["-B", "-q", "-f", pom, ...goal])
    renameSync(fresh, folder)
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(folder))
      process.stderr.write(`Maven could not fetch Kafka ${kafkaVersion}: ${String(cause)}\n`)
  }
  return existsSync(folder) ? folder : undefined
}

/** A broker before its first start. */
interface Plan extends Node {
  readonly port: number
  /** By which clients reach it. */
  readonly host: string
  readonly proxied: Broker["proxied"]
}

const planOf = async (id: number, host: string): Promise<Plan> => {
  const port = await freePort()
  const proxied = { target: await freePort(), advertised: await freePort() }
  return {
    id,
    port,
    host,
    proxied,
    listeners: `PLAINTEXT://:${port},PROXIED://127.0.0.1:${proxied.target}`,
    advertised: `PLAINTEXT://${host}:${port},PROXIED://127.0.0.1:${proxied.advertised}`,
    controller: `127.0.0.1:${await freePort()}`
  }
}

/**
 * Starts a broker of the test's own; undefined if Java or Maven is missing (with CI=true that is an error). `more` are
 * additional broker settings, such as `message.max.bytes`; `host` is this machine's address for clients elsewhere.
 */
export const startBroker = async (more: MoreProperties = {}, host?: string): Promise<Broker | undefined> =>
  (await startBrokers(1, more, [], host))?.[0]

/** Additional settings of brokers, or a function that returns those of one. */
export type MoreProperties = Record<string, string> | ((node: Node) => Record<string, string>)

/** Starts a cluster of `count` brokers. With three or more, a topic has three replicas, of which two must have a record. */
export const startBrokers = async (
  count: number,
  more: MoreProperties = {},
  formatArguments: ReadonlyArray<string> = [],
  host = "127.0.0.1"
): Promise<ReadonlyArray<Broker> | undefined> => {
  const home = hasProgram("java", ["-version"]) ? await kafkaJars() : undefined
  if (home === undefined) return isMissing(`A Kafka broker is missing. ${howToGetKafka}`)
  const plans: Array<Plan> = []
  for (let id = 1; id <= count; id++) plans.push(await planOf(id, host))
  // A leading "-" would be parsed as an option.
  const cluster = `A${randomBytes(16).toString("base64url").slice(1)}`
  const brokers = await Promise.all(
    plans.map((plan) => {
      const properties = {
        ...brokerProperties(plan, plans),
        ...(typeof more === "function" ? more(plan) : more)
      }
      return makeBroker(plan, properties, home, ["-t", cluster, ...formatArguments])
    })
  )
  await Promise.all(brokers.map((broker) => broker.start()))
  return brokers
}

/** Creates the broker's folder; does not start the broker. */
const makeBroker = async (
  plan: Plan,
  properties: Record<string, string>,
  home: string,
  formatArguments: ReadonlyArray<string>
): Promise<Broker> => {
  const data = mkdtempSync(join(tmpdir(), "spoor-kafka-"))
  const file = join(data, "server.properties")
  const settings = { "log.dirs": join(data, "log"), ...properties }
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("")
  )
  const classPath = ["-cp", join(home, "*")]
  const format = ["kafka.tools.StorageTool", "format", "-c", file, ...formatArguments]
  await promisify(execFile)("java", [...java("256m"), ...classPath, ...format])

  let child: ChildProcess | undefined
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child !== undefined) await endProgram(child, signal)
    child = undefined
  }
  const whenRunning = (act: (pid: number) => void): void => {
    if (child?.pid !== undefined) act(child.pid)
  }
  return {
    url: `${plan.host}:${plan.port}`,
    proxied: plan.proxied,
    start: async () => {
      child = await startProgram("java", [...java("512m"), ...classPath, "kafka.Kafka", file], {
        ready: /Kafka Server started/
      })
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => whenRunning(freeze),
    resume: () => whenRunning(unfreeze),
    remove: async () => {
      await end("SIGKILL")
      rmSync(data, { recursive: true, force: true })
    }
  }
}
