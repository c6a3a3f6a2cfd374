/**
 * The target of attacks: a gateway process with a Redis of its own, the reference client, and a reader that takes the lines
 * from the queue and checks each. Lives from `startTarget` until `stop`.
 */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Redis } from "ioredis"
import type { ByteString } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"
import { formatLine, parseLine } from "../../contracts/wire/line.ts"
import { diesWithUs } from "../support/dies-with-us.ts"
import { eventually } from "../support/eventually.ts"
import { startRedis } from "../support/redis.ts"
import { type Environment, ownSettings, type runtimes, startSpoor } from "../support/spoor.ts"
import { referencePath } from "./reference-path.ts"
import { attackFrom, sourceOf } from "./source.ts"

/** The results of the reference client. */
export interface ReferenceResult {
  readonly sent: number
  readonly statuses: Readonly<Record<string, number>>
  /** Its longest response time, milliseconds. */
  readonly slowest: number
  /** The number of its events in the queue; -1 when one is there twice. */
  readonly stored: number
}

export interface Target {
  readonly port: number
  /** Resident memory of the gateway, MB; undefined where the system does not provide it. */
  readonly memory: () => number | undefined
  /** Its open files and connections; undefined where the system does not provide them. */
  readonly files: () => number | undefined
  readonly isAlive: () => boolean
  /** What the gateway printed. */
  readonly output: () => string
  /** The number of lines in the queue so far, without those of the reference client. */
  readonly lines: () => number
  /** The number of them from one attack; undefined where lines cannot be attributed. */
  readonly attackLines: (attack: number) => number | undefined
  /** The number of them without a known attack. */
  readonly unattributed: () => number
  /** The first ten lines that violate the line protocol. */
  readonly broken: () => ReadonlyArray<string>
  /** Ends the reference client, and waits until the queue stays empty. */
  readonly settle: () => Promise<ReferenceResult>
  readonly stop: () => Promise<void>
}

const topic = { topic: "events" as Topic, topics: new Set<string>() }
const fields = / n=(\d+) /

/** What is wrong with a line for a client on this machine, without trusted proxies; undefined for a valid line. */
const problemOf = (line: ByteString): string | undefined => {
  const parsed = parseLine(line, topic, 0)
  if (parsed.kind === "unreadable") return `${parsed.reason}: ${line}`
  const { event } = parsed
  if (event.dialect !== "pushtech") return `another dialect: ${line}`
  // NOTE: Bun loses the peer of a connection that is reset before its request is handled; the line then has no address.
  const isGone = event.ip === "0.0.0.0" && event.path !== referencePath
  if (!event.ip.startsWith("127.") && !isGone) return `forged address: ${line}`
  const again = formatLine({ ...event, dialect: "pushtech" })
  if (again !== line || /\p{Cc}/u.test(line.replace(/[\x80-\x9f]/g, "")))
    return `not in canonical form: ${JSON.stringify(line)}`
  return undefined
}

/** Undefined where redis-server is not installed. */
export const startTarget = async (
  runtime: keyof typeof runtimes,
  more: Environment = {}
): Promise<Target | undefined> => {
  const server = await startRedis()
  if (server === undefined) return undefined
  const settings = ownSettings({ REDIS_URL: server.url, TRUSTED_PROXIES: "none", ...more })
  const spoor = await startSpoor(["gateway"], settings, runtime).catch(async (cause: unknown) => {
    await server.stop()
    throw cause
  })
  const redis = new Redis(server.url)
  const { pid } = spoor.process
  const origin = spoor.address("send events").origin

  let lines = 0
  let unattributed = 0
  const byAttack = new Map<number, number>()
  let fromReference = 0
  const seen = new Set<string>()
  const broken: Array<string> = []
  const look = (buffer: Buffer): void => {
    const line = buffer.toString("latin1") as ByteString
    const problems = problemOf(line)
    if (problems !== undefined && broken.length < 10) broken.push(problems.slice(0, 500))
    if (!line.includes(` ${referencePath} `)) {
      lines++
      const attack = attackFrom(line.slice(0, line.indexOf(" ")))
      if (attack === undefined) unattributed++
      else byAttack.set(attack, (byAttack.get(attack) ?? 0) + 1)
      return
    }
    fromReference += 1
    seen.add(fields.exec(line)?.[1] ?? line)
  }
  const take = async (): Promise<number> => {
    const taken = (await redis.lpopBuffer("click_queue", 500)) as unknown as ReadonlyArray<Buffer> | null
    for (const line of taken ?? []) look(line)
    return taken?.length ?? 0
  }
  let isStopped = false
  const reading = (async () => {
    while (!isStopped) {
      if ((await take()) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()

  const child = diesWithUs(
    spawn(process.execPath, [join(import.meta.dirname, "reference-client.ts"), origin], {
      stdio: ["pipe", "pipe", "inherit"]
    })
  )
  let printed = ""
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  await eventually("the reference client sends", () => printed.startsWith("ready"))

  return {
    port: Number(spoor.address("send events").port),
    memory: () => {
      if (process.platform !== "linux") return undefined
      const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]
      return Number(found) / 1024
    },
    files: () => (process.platform === "linux" ? readdirSync(`/proc/${pid}/fd`).length : undefined),
    isAlive: () => spoor.process.exitCode === null && spoor.process.signalCode === null,
    output: spoor.output,
    lines: () => lines,
    attackLines: (attack) => (sourceOf(attack) === undefined ? undefined : (byAttack.get(attack) ?? 0)),
    unattributed: () => unattributed,
    broken: () => broken,
    settle: async () => {
      child.stdin.end()
      await ended
      const result = JSON.parse(printed.slice("ready\n".length)) as Omit<ReferenceResult, "stored">
      let before = -1
      let quiet = 0
      await eventually("the queue stays empty", async () => {
        quiet = before === lines + fromReference ? quiet + 1 : 0
        before = lines + fromReference
        return quiet > 30
      })
      return { ...result, stored: fromReference === seen.size ? seen.size : -1 }
    },
    stop: async () => {
      isStopped = true
      await reading
      child.kill("SIGKILL")
      redis.disconnect()
      await spoor.end("SIGKILL")
      await server.stop()
    }
  }
}
