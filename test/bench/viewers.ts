/**
 * The cost of live clients: `bun run test/bench/viewers.ts [rounds] [seconds] [events per second]`. Linux only.
 *
 * A pipeline has more and more live clients at a fixed rate of events: first with the viewer in a process of its own (Redis,
 * NATS, the log in a file), then with all actors in one process on embedded services, like `npm start`. The tables have
 * medians of the rounds: processor time of the pipeline and the viewer, and latencies from the gateway to the log and from
 * the log to a client.
 */
import { cpus } from "node:os"
import { Redis } from "ioredis"
import { privateNats } from "../support/nats.ts"
import { privateRedis } from "../support/redis.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"
import {
  everything,
  lineOf,
  measureViewerLoad,
  nextNumber,
  type ViewerLoad,
  type Watched,
  type WatchedRound
} from "./viewer-load.ts"

const [rounds = 3, seconds = 10, perSecond = 1_000] = process.argv.slice(2).map(Number)

const loads: ReadonlyArray<ViewerLoad> = [
  ...[0, 1, 10, 100, 500].map(everything),
  { name: "500, each its own filter", clients: 500, filter: (client) => ({ param: `n~${client}` }) }
]

interface Titled extends Watched {
  readonly title: string
}
const time = { seconds, before: 2 }

const quantile = (numbers: ReadonlyArray<number>, share: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN
const median = (numbers: ReadonlyArray<number>): number => quantile(numbers, 0.5)
const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const times = (numbers: ReadonlyArray<number>): string =>
  numbers.length === 0 ? "" : `${quantile(numbers, 0.5)} / ${quantile(numbers, 0.99)}`

const table = async (setup: Titled): Promise<void> => {
  const all = loads.map((): Array<WatchedRound> => [])
  await measureViewerLoad(setup, everything(10), perSecond, time)
  for (let round = 0; round < rounds; round++) {
    for (const [i, load] of loads.entries())
      all[i]?.push(await measureViewerLoad(setup, load, perSecond, time))
  }
  const names = setup.processes.map(([name]) => name)
  write(`\n${setup.title}\n`)
  write(
    `| clients | events/s | ${names.map((name) => `${name} µs/event`).join(" | ")} | ${names[0]} to nobody | edge to log p50 / p99 ms | log to client p50 / p99 ms | events/s a client | one in at most | MB/s to all |`
  )
  write(`| --- | --- | ${names.map(() => "---").join(" | ")} | --- | --- | --- | --- | --- | --- |`)
  const base = median((all[0] ?? []).map(({ processor }) => processor[0] ?? Number.NaN))
  for (const [i, { name }] of loads.entries()) {
    const own = all[i] ?? []
    const processor = names.map((_, at) => median(own.map(({ processor }) => processor[at] ?? Number.NaN)))
    const received = median(own.map(({ received }) => received))
    write(
      `| ${name} | ${median(own.map(({ rate }) => rate)).toFixed(0)} | ${processor.map((one) => one.toFixed(0)).join(" | ")} | ${((processor[0] ?? Number.NaN) / base).toFixed(2)} | ${times(own.flatMap(({ stored }) => stored))} | ${times(own.flatMap(({ shown }) => shown))} | ${received.toFixed(0)} | ${median(own.map(({ sample }) => sample))} | ${(median(own.map(({ bytes }) => bytes)) / 1e6).toFixed(1)} |`
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
    const events = Array.from({ length: count }, nextNumber).map((n) => ({
      event: "app_open",
      params: { deviceid: `abcdef${n}`, referrer: "website", item: "red shoe", n }
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
