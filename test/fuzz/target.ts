/**
 * What is attacked: a gateway as a process on a Redis of its own, a well-behaved client beside it, and a reader that
 * takes the lines out of the queue and looks at each. Lives from `startTarget` until `stop`.
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
import { neighbourPath } from "./neighbour-path.ts"
import { attackFrom, sourceOf } from "./source.ts"

/** What became of the well-behaved client's events. */
export interface Neighbour {
  readonly sent: number
  readonly statuses: Readonly<Record<string, number>>
  /** Its slowest answer, milliseconds. */
  readonly slowest: number
  /** Its events that were in the queue once each. */
  readonly stored: number
}

export interface Target {
  readonly port: number
  /** Resident memory of the gateway in MB; undefined where the system does not tell. */
  readonly memory: () => number | undefined
  /** Its open files and connections; undefined where the system does not tell. */
  readonly files: () => number | undefined
  readonly isAlive: () => boolean
  /** What the gateway printed. */
  readonly output: () => string
  /** Lines that were in the queue so far, without those of the well-behaved client. */
  readonly lines: () => number
  /** Of them, those of an attack; undefined where that cannot be told. */
  readonly linesOf: (attack: number) => number | undefined
  /** Of them, those that cannot be told apart. */
  readonly ofNobody: () => number
  /** Lines that break the line protocol, the first ten. */
  readonly broken: () => ReadonlyArray<string>
  /** Waits until the queue is empty and stays so, and ends the well-behaved client. */
  readonly settle: () => Promise<Neighbour>
  readonly stop: () => Promise<void>
}

const topic = { topic: "events" as Topic, topics: new Set<string>() }
const fields = / n=(\d+) /

/** What is wrong with a line that the gateway wrote for a client on this machine, whose headers nobody believes. */
const wrongIn = (line: ByteString): string | undefined => {
  const parsed = parseLine(line, topic, 0)
  if (parsed.kind === "unreadable") return `${parsed.reason}: ${line}`
  const { event } = parsed
  if (event.dialect !== "pushtech") return `another dialect: ${line}`
  // NOTE: Bun forgets the peer of a connection that is reset before its request is handled; then nobody is named.
  const isGone = event.ip === "0.0.0.0" && event.path !== neighbourPath
  if (!event.ip.startsWith("127.") && !isGone) return `forged address: ${line}`
  const again = formatLine({ ...event, dialect: "pushtech" })
  if (again !== line || /\p{Cc}/u.test(line.replace(/[\x80-\x9f]/g, "")))
    return `not as it is written: ${JSON.stringify(line)}`
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
  let ofNobody = 0
  const byAttack = new Map<number, number>()
  let fromNeighbour = 0
  const seen = new Set<string>()
  const broken: Array<string> = []
  const look = (buffer: Buffer): void => {
    const line = buffer.toString("latin1") as ByteString
    const wrong = wrongIn(line)
    if (wrong !== undefined && broken.length < 10) broken.push(wrong.slice(0, 500))
    if (!line.includes(` ${neighbourPath} `)) {
      lines++
      const attack = attackFrom(line.slice(0, line.indexOf(" ")))
      if (attack === undefined) ofNobody++
      else byAttack.set(attack, (byAttack.get(attack) ?? 0) + 1)
      return
    }
    fromNeighbour += 1
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
    spawn(process.execPath, [join(import.meta.dirname, "neighbour.ts"), origin], {
      stdio: ["pipe", "pipe", "inherit"]
    })
  )
  let said = ""
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  await eventually("the well-behaved client sends", () => said.startsWith("ready"))

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
    linesOf: (attack) => (sourceOf(attack) === undefined ? undefined : (byAttack.get(attack) ?? 0)),
    ofNobody: () => ofNobody,
    broken: () => broken,
    settle: async () => {
      child.stdin.end()
      await ended
      const result = JSON.parse(said.slice("ready\n".length)) as Omit<Neighbour, "stored">
      let before = -1
      let quiet = 0
      await eventually("the queue stays empty", async () => {
        quiet = before === lines + fromNeighbour ? quiet + 1 : 0
        before = lines + fromNeighbour
        return quiet > 30
      })
      return { ...result, stored: fromNeighbour === seen.size ? seen.size : -1 }
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
