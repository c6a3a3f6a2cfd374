/**
 * The cost of taps for the pipeline: `bun run test/bench/tap.ts [rounds] [events]`. Linux only.
 *
 * Drainer, enricher and bridge are separate processes, with a Redis and a NATS of their own and a log in a file. Three
 * variants are measured in turn: no tap; the command `tap stored`; the actor `tap`, which publishes all four stages to a
 * plain client. In each round all events are in the queue before the first claim. The table has medians of the rounds:
 * events per second from the first claim to the last acknowledgement, and processor time per event of each process.
 */
import { readFileSync } from "node:fs"
import { cpus } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import { connect } from "@nats-io/transport-node"
import { Redis } from "ioredis"
import { copySubscriptionSubject, copySubscriptionTtlMs } from "../../contracts/event-copy.ts"
import { launchCommand } from "../actors/commands/command.ts"
import { eventually } from "../support/eventually.ts"
import { privateNats } from "../support/nats.ts"
import { privateRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const [rounds = 9, events = 20_000] = process.argv.slice(2).map(Number)

const [redisServer, nats] = [await privateRedis(), await privateNats()]
await redisServer.start()
await nats.start()
const settings = ownSettings({ REDIS_URL: redisServer.url, NATS_URL: nats.url, LOG_LEVEL: "Error" })
const redis = new Redis(redisServer.url)
const plain = await connect({ servers: nats.url })

/** The number of copies that the plain client received, and the time of the last copy subscription, milliseconds since 1970. */
let received = 0
let subscribedAt = 0
plain.subscribe(copySubscriptionSubject, {
  callback: () => {
    subscribedAt = Date.now()
  }
})

const pipeline: ReadonlyArray<readonly [name: string, spoor: Spoor]> = [
  ["bridge", await startSpoor(["bridge"], settings)],
  ["enricher", await startSpoor(["enricher"], settings)],
  ["drainer", await startSpoor(["drainer"], settings)]
]

/** Processor time used so far, microseconds (resolution: one clock tick, 10 ms). */
const processorTime = ({ process }: Spoor): number => {
  const fields = readFileSync(`/proc/${process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const lines = Array.from(
  { length: 1_000 },
  (_, n) =>
    `203.0.113.${n % 250} 1795206900000 trk.example.com nopod /t/app_open deviceid=abcdef${n}&referrer=website&item=red%20shoe&n=${n} Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.${n % 20} Mobile Safari/537.36`
)

interface Round {
  readonly perSecond: number
  /** Processor time per event of each process, microseconds. */
  readonly processor: ReadonlyArray<number>
}

/** Measures how the pipeline drains `count` events. The list is filled under another name and renamed in one step. */
const measure = async (count: number): Promise<Round> => {
  for (let at = 0; at < count; at += lines.length) await redis.rpush("filling", ...lines)
  const before = pipeline.map(([, spoor]) => processorTime(spoor))
  const startedAt = performance.now()
  await redis.rename("filling", "click_queue")
  await eventually(
    "the queue is empty",
    async () => (await redis.llen("click_queue")) === 0 && (await redis.hlen("{click_queue}:claimed")) === 0,
    120_000
  )
  const durationMs = performance.now() - startedAt
  const processor = pipeline.map(([, spoor], i) => (processorTime(spoor) - (before[i] ?? 0)) / count)
  return { perSecond: (count * 1000) / durationMs, processor }
}

/** Starts a tap; returns a function that stops it. */
type Variant = readonly [name: string, start: () => Promise<() => Promise<unknown>>]

const none: Variant = [
  "no tap",
  async () => {
    await eventually(
      "the previous copy subscriptions have expired",
      () => Date.now() - subscribedAt > copySubscriptionTtlMs + 200
    )
    return async () => {}
  }
]

const receivedBy = new Map<string, number>()

const command: Variant = [
  "`tap stored`",
  async () => {
    const child = launchCommand(settings, "tap", ["stored"])
    child.stdout.on("data", (chunk: Buffer) => {
      receivedBy.set(
        "`tap stored`",
        (receivedBy.get("`tap stored`") ?? 0) + chunk.toString().split("\n").length - 1
      )
    })
    child.stderr.resume()
    const since = Date.now()
    await eventually("the tap has subscribed", () => subscribedAt > since)
    return async () => {
      child.kill("SIGINT")
      await new Promise((resolve) => child.once("close", resolve))
    }
  }
]

const actor: Variant = [
  "actor `tap`, four stages",
  async () => {
    const since = Date.now()
    const subscription = plain.subscribe("spoor.tap.>", {
      callback: () => {
        received += 1
      }
    })
    const tap = await startSpoor(["tap"], settings)
    await eventually("the tap has subscribed", () => subscribedAt > since)
    return async () => {
      await tap.end()
      subscription.unsubscribe()
      receivedBy.set("actor `tap`, four stages", received)
    }
  }
]

const variants = [none, command, actor]
const all = variants.map((): Array<Round> => [])
await measure(events)
for (let round = 0; round < rounds; round++) {
  for (const [i, [, start]] of variants.entries()) {
    const end = await start()
    await wait(200)
    all[i]?.push(await measure(events))
    await end()
  }
}

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)
const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const names = pipeline.map(([name]) => name)
write(
  `\`bun run test/bench/tap.ts ${rounds} ${events}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores shared by all, ${rounds} rounds of ${events} events\n`
)
write(
  `| | events/s | to no tap | ${names.map((name) => `${name} µs/event`).join(" | ")} | all three | to no tap | copies per round |`
)
write(`| --- | ${names.map(() => "---").join(" | ")} | --- | --- | --- | --- | --- |`)
const base = all[0] ?? []
for (const [i, [name]] of variants.entries()) {
  const own = all[i] ?? []
  const speed = median(own.map(({ perSecond }, at) => perSecond / (base[at]?.perSecond ?? Number.NaN)))
  const cost = median(own.map(({ processor }, at) => sum(processor) / sum(base[at]?.processor ?? [])))
  const each = names.map((_, at) =>
    median(own.map(({ processor }) => processor[at] ?? Number.NaN)).toFixed(1)
  )
  const whole = median(own.map(({ processor }) => sum(processor))).toFixed(1)
  const shown = Math.round((receivedBy.get(name) ?? 0) / rounds)
  write(
    `| ${name} | ${median(own.map(({ perSecond }) => perSecond)).toFixed(0)} | ${speed.toFixed(2)} | ${each.join(" | ")} | ${whole} | ${cost.toFixed(2)} | ${shown} |`
  )
}

await plain.close()
redis.disconnect()
for (const [, spoor] of pipeline) await spoor.end()
await nats.remove()
await redisServer.remove()
process.exit(0)
