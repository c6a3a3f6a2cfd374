/**
 * Apache Kafka for tests: one broker that is its own controller (KRaft), three partitions per topic, no topics made
 * by themselves. Locally it runs from Maven Central's jars, which are fetched once into the user's cache folder.
 * Starting takes about 4 s (and about 10 s more the first time on a machine).
 */
import { type ChildProcess, execFile, execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { freeze, unfreeze } from "./freeze.ts"
import { endProgram, freePort, hasProgram, type Running, type ServerKind, startProgram } from "./server.ts"

const pom = join(import.meta.dirname, "kafka", "pom.xml")
const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(readFileSync(pom, "utf8"))?.[1] ?? "unknown"

/** The broker's settings, as server.properties has them; a container takes the same as `KAFKA_…` variables. */
const properties = (advertised: number, port: number, controller: number): Record<string, string> => ({
  "process.roles": "broker,controller",
  "node.id": "1",
  "controller.quorum.voters": `1@127.0.0.1:${controller}`,
  "controller.listener.names": "CONTROLLER",
  listeners: `PLAINTEXT://:${port},CONTROLLER://127.0.0.1:${controller}`,
  "advertised.listeners": `PLAINTEXT://127.0.0.1:${advertised}`,
  "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
  "auto.create.topics.enable": "false",
  "num.partitions": "3",
  "offsets.topic.num.partitions": "5",
  "offsets.topic.replication.factor": "1",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "group.initial.rebalance.delay.ms": "0",
  "broker.heartbeat.interval.ms": "500",
  "broker.session.timeout.ms": "3000",
  "log.cleaner.enable": "false"
})

/** A broker of a test's own, for faults. It keeps its port and its data when it is started again. */
export interface Broker {
  /** `host:port`, as `KAFKA_BROKERS` has it. */
  readonly url: string
  /** Starts it again after `stop` or `kill`; returns when it serves. */
  readonly start: () => Promise<void>
  /** Ends it in order. */
  readonly stop: () => Promise<void>
  /** Ends it at once (SIGKILL). */
  readonly kill: () => Promise<void>
  /** Freezes it (SIGSTOP): connections stay open, nothing answers. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends it and removes its data. */
  readonly remove: () => Promise<void>
}

const java = (heap: string): Array<string> => [
  `-Xmx${heap}`,
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dlog4j2.level=INFO"
]

/** The folder with Kafka's jars, fetched by Maven the first time; undefined where that is not possible. */
const jars = async (): Promise<string | undefined> => {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor")
  const folder = join(cache, `kafka-${version}`)
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
      process.stderr.write(`Maven could not fetch Kafka ${version}: ${String(cause)}\n`)
  }
  return existsSync(folder) ? folder : undefined
}

/**
 * Starts a broker of the test's own; undefined where there is no Java or Maven (with CI=true that is an error).
 * `more` are further broker settings, such as `message.max.bytes`. It does not outlive this process.
 */
export const startBroker = async (more: Record<string, string> = {}): Promise<Broker | undefined> => {
  const home = hasProgram("java", ["-version"]) && hasProgram("mvn") ? await jars() : undefined
  if (home === undefined) {
    if (process.env.CI === "true") throw new Error(`A Kafka broker is missing. ${howToGet}`)
    return undefined
  }
  const data = mkdtempSync(join(tmpdir(), "spoor-kafka-"))
  const port = await freePort()
  const settings = { ...properties(port, port, await freePort()), "log.dirs": join(data, "log"), ...more }
  const file = join(data, "server.properties")
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("")
  )
  const classPath = ["-cp", join(home, "*")]
  const cluster = randomBytes(16).toString("base64url")
  execFileSync(
    "java",
    [...java("256m"), ...classPath, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", file],
    { stdio: "ignore" }
  )

  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = await startProgram("java", [...java("512m"), ...classPath, "kafka.Kafka", file], {
      ready: /Kafka Server started/
    })
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child !== undefined) await endProgram(child, signal)
  }
  const whenRunning = (act: (pid: number) => void): void => {
    if (child?.pid !== undefined) act(child.pid)
  }
  process.once("exit", () => child?.kill("SIGKILL"))
  await start()
  return {
    url: `127.0.0.1:${port}`,
    start,
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

const container = async (): Promise<Running> => {
  const { GenericContainer, Wait } = await import("testcontainers")
  const port = await freePort()
  const variables = Object.entries(properties(port, 9092, 9093)).map(
    ([name, value]) => [`KAFKA_${name.replaceAll(".", "_").toUpperCase()}`, value] as const
  )
  const started = await new GenericContainer(`apache/kafka:${version}`)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment(Object.fromEntries(variables))
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start()
  return {
    url: `127.0.0.1:${port}`,
    stop: async () => {
      await started.stop()
    }
  }
}

const howToGet =
  "Start Docker, or install Java 17 and Maven (which fetches Kafka once), or set KAFKA_BROKERS."

/** One broker for all suites; its URL is `host:port`. */
export const kafka: ServerKind = {
  name: "Apache Kafka",
  variable: "KAFKA_BROKERS",
  container,
  local: async () => {
    const broker = await startBroker()
    return broker === undefined ? undefined : { url: broker.url, stop: broker.remove }
  },
  howToGet
}
