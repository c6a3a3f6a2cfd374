/**
 * What those who watch live cost: `bun run test/bench/viewers.ts [rounds] [seconds] [events a second]`. On Linux.
 *
 * A pipeline is watched by more and more clients over sockets, while so many events a second come: first with the viewer
 * as a process of its own (Redis, NATS, the log in a file), then with everything in one process on embedded services, as
 * `npm start` has it. Told are, as medians of the rounds, the processor time that the pipeline and the viewer took (which
 * does not depend on what else runs on the machine), how long events took from the edge to the log, and how old they
 * were when a client had them.
 */
import { readFileSync } from "node:fs"
import { cpus } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import { Redis } from "ioredis"
import type { Filter, LiveMessage } from "../../actors/viewer/messages.ts"
import { ticketOf } from "../actors/viewer/watching.ts"
import { eventually } from "../support/eventually.ts"
import { privateNats } from "../support/nats.ts"
import { privateRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const [rounds = 3, seconds = 10, perSecond = 1_000] = process.argv.slice(2).map(Number)

interface Crowd {
  readonly name: string
  readonly clients: number
  readonly filter: (client: number) => Filter
}
const everything = (clients: number): Crowd => ({ name: String(clients), clients, filter: () => ({}) })
const crowds: ReadonlyArray<Crowd> = [
  ...[0, 1, 10, 100, 500].map(everything),
  { name: "500, each its own filter", clients: 500, filter: (client) => ({ param: `n~${client}` }) }
]

/** Where events go in, and the processes whose time counts. */
interface Setup {
  readonly title: string
  readonly send: (count: number) => Promise<unknown>
  readonly processes: ReadonlyArray<readonly [name: string, spoor: Spoor]>
  readonly viewer: string
}

interface Round {
  /** Events a second that were sent. */
  readonly rate: number
  /** Of each process, microseconds for each event. */
  readonly processor: ReadonlyArray<number>
  /** Milliseconds from the edge to the log, and from the log to the client; empty without clients. */
  readonly stored: ReadonlyArray<number>
  readonly shown: ReadonlyArray<number>
  /** Events told to one client in a second, the largest sample it was told, and bytes to all in a second. */
  readonly told: number
  readonly sample: number
  readonly bytes: number
}

/** Processor time that the process has used, seconds. */
const processorTime = ({ process }: Spoor): number => {
  const fields = readFileSync(`/proc/${process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

let sent = 0
const lineOf = (): string => {
  const n = sent++
  return `203.0.113.${n % 250} ${Date.now()} trk.example.com nopod /t/app_open deviceid=abcdef${n}&referrer=website&item=red%20shoe&n=${n} Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.${n % 20} Mobile Safari/537.36`
}

/** Sends at an even pace for so long; returns how many. */
const load = async (setup: Setup, time: number): Promise<number> => {
  const begun = performance.now()
  let done = 0
  while (performance.now() - begun < time) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * perSecond) - done
    const count = Math.min(due, 500)
    if (count > 0) await setup.send(count)
    done += Math.max(0, count)
    if (due > count) continue
    await wait(20)
  }
  return done
}

const measure = async (setup: Setup, crowd: Crowd): Promise<Round> => {
  const sockets: Array<WebSocket> = []
  let bytes = 0
  let first: Array<{ readonly at: number; readonly message: LiveMessage }> = []
  for (let client = 0; client < crowd.clients; client++) {
    const ticket = await ticketOf(setup.viewer)
    const socket = new WebSocket(`${setup.viewer.replace("http", "ws")}/live?ticket=${ticket}`)
    sockets.push(socket)
    socket.onopen = () => socket.send(JSON.stringify({ watch: crowd.filter(client) }))
    socket.onmessage = ({ data }) => {
      bytes += data.length
      if (client === 0) first.push({ at: Date.now(), message: JSON.parse(data) })
    }
  }
  await eventually("all are open", () => sockets.every(({ readyState }) => readyState === WebSocket.OPEN))
  await load(setup, 2_000)
  first = []
  bytes = 0
  const before = setup.processes.map(([, spoor]) => processorTime(spoor))
  const begun = performance.now()
  const events = await load(setup, seconds * 1_000)
  const took = (performance.now() - begun) / 1_000
  const processor = setup.processes.map(
    ([, spoor], i) => ((processorTime(spoor) - (before[i] ?? 0)) * 1e6) / events
  )
  if (sockets.some(({ readyState }) => readyState !== WebSocket.OPEN)) throw new Error("A client was closed.")
  for (const socket of sockets) socket.close()
  const seen = first.flatMap(({ at, message }) => message.events.map((event) => ({ at, event })))
  return {
    rate: events / took,
    processor,
    stored: seen.map(({ event }) => event.timestamp - (event.times.received ?? Number.NaN)),
    shown: seen.map(({ at, event }) => at - event.timestamp),
    told: seen.length / took,
    sample: Math.max(...first.map(({ message }) => message.sample), 1),
    bytes: bytes / took
  }
}

const quantile = (numbers: ReadonlyArray<number>, share: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN
const median = (numbers: ReadonlyArray<number>): number => quantile(numbers, 0.5)
const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const times = (numbers: ReadonlyArray<number>): string =>
  numbers.length === 0 ? "" : `${quantile(numbers, 0.5)} / ${quantile(numbers, 0.99)}`

const table = async (setup: Setup): Promise<void> => {
  const all = crowds.map((): Array<Round> => [])
  await measure(setup, everything(10))
  for (let round = 0; round < rounds; round++) {
    for (const [i, crowd] of crowds.entries()) all[i]?.push(await measure(setup, crowd))
  }
  const names = setup.processes.map(([name]) => name)
  write(`\n${setup.title}\n`)
  write(
    `| clients | events/s | ${names.map((name) => `${name} µs/event`).join(" | ")} | ${names[0]} to nobody | edge to log p50 / p99 ms | log to client p50 / p99 ms | events/s a client | one in at most | MB/s to all |`
  )
  write(`| --- | --- | ${names.map(() => "---").join(" | ")} | --- | --- | --- | --- | --- | --- |`)
  const base = median((all[0] ?? []).map(({ processor }) => processor[0] ?? Number.NaN))
  for (const [i, { name }] of crowds.entries()) {
    const own = all[i] ?? []
    const processor = names.map((_, at) => median(own.map(({ processor }) => processor[at] ?? Number.NaN)))
    const told = median(own.map(({ told }) => told))
    write(
      `| ${name} | ${median(own.map(({ rate }) => rate)).toFixed(0)} | ${processor.map((one) => one.toFixed(0)).join(" | ")} | ${((processor[0] ?? Number.NaN) / base).toFixed(2)} | ${times(own.flatMap(({ stored }) => stored))} | ${times(own.flatMap(({ shown }) => shown))} | ${told.toFixed(0)} | ${median(own.map(({ sample }) => sample))} | ${(median(own.map(({ bytes }) => bytes)) / 1e6).toFixed(1)} |`
    )
  }
}

write(
  `\`bun run test/bench/viewers.ts ${rounds} ${seconds} ${perSecond}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores shared by all, ${rounds} rounds of ${seconds} s at ${perSecond} events/s`
)

const [redisServer, nats] = [await privateRedis(), await privateNats()]
await redisServer.start()
await nats.start()
const redis = new Redis(redisServer.url)
const cluster = ownSettings({ REDIS_URL: redisServer.url, NATS_URL: nats.url, LOG_LEVEL: "Error" })
const pipeline = await startSpoor(["drainer", "enricher", "bridge"], cluster)
const viewer = await startSpoor(["viewer"], cluster)
await table({
  title: "The viewer is a process of its own:",
  send: (count) => redis.rpush("click_queue", ...Array.from({ length: count }, lineOf)),
  processes: [
    ["pipeline", pipeline],
    ["viewer", viewer]
  ],
  viewer: viewer.address("watch them").origin
})
await viewer.end()
await pipeline.end()
redis.disconnect()
await nats.remove()
await redisServer.remove()

const whole = await startSpoor(["--all"], ownSettings({ LOG_LEVEL: "Error", TRUSTED_PROXIES: "127.0.0.0/8" }))
const batch = new URL("/batch", whole.address("send events"))
await table({
  title: "All in one process:",
  send: async (count) => {
    const events = Array.from({ length: count }, () => ({
      event: "app_open",
      params: { deviceid: `abcdef${sent}`, referrer: "website", item: "red shoe", n: sent++ }
    }))
    const headers = {
      "content-type": "application/json",
      "user-agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/129.0.0.0 Mobile"
    }
    const answer = await fetch(batch, { method: "POST", headers, body: JSON.stringify(events) })
    if (!answer.ok) throw new Error(`The gateway answered ${answer.status}.`)
    await answer.body?.cancel()
  },
  processes: [["process", whole]],
  viewer: whole.address("watch them").origin
})
await whole.end()
process.exit(0)
