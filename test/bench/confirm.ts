/**
 * The cost of QUEUE_CONFIRM: `bun run test/bench/confirm.ts [rounds] [seconds]`.
 *
 * Three gateway processes on this machine: `server` and `replica` use a Redis with `appendfsync everysec` and one replica,
 * `disk` uses one with `appendfsync always`. They are measured in turn; the table has the medians of the rounds.
 */
import { cpus } from "node:os"
import { Redis } from "ioredis"
import { type Answered, flood } from "../support/flood.ts"
import { privateRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const [rounds = 5, seconds = 3] = process.argv.slice(2).map(Number)

const [primary, replica, always] = [await privateRedis(), await privateRedis(), await privateRedis()]
await primary.start(["--repl-diskless-sync-delay", "0"])
await replica.start(["--replicaof", "127.0.0.1", String(primary.port)])
await always.start(["--appendfsync", "always"])

interface Variant {
  readonly confirm: string
  readonly url: string
  readonly gateway: Spoor
}
const variants: Array<Variant> = []
for (const [confirm, { url }] of [
  ["server", primary],
  ["replica", primary],
  ["disk", always]
] as const)
  variants.push({
    confirm,
    url,
    gateway: await startSpoor(
      ["gateway"],
      ownSettings({ REDIS_URL: url, QUEUE_CONFIRM: confirm, LOG_LEVEL: "Error" })
    )
  })

interface Round {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

const roundOf = (answers: ReadonlyArray<Answered>, time: number): Round => {
  const refused = answers.filter(({ status }) => status !== 200).length
  if (refused > 0) throw new Error(`${refused} of ${answers.length} events were refused.`)
  const times = answers.map((answer) => answer.tookMs).sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
  return { perSecond: (answers.length * 1000) / time, p50: at(0.5), p99: at(0.99) }
}

/** Sends events for `time` milliseconds, then empties the queue. */
const measure = async ({ gateway, url }: Variant, clients: number, time: number): Promise<Round> => {
  const startedAt = performance.now()
  const answers = await flood(
    gateway.address("send events"),
    clients,
    (number) => `/t/app_open?deviceid=abcdef0123456789&n=${number}&referrer=website`,
    () => performance.now() - startedAt > time
  )
  const round = roundOf(answers, performance.now() - startedAt)
  const redis = new Redis(url)
  await redis.unlink("click_queue")
  redis.disconnect()
  return round
}

const median = (numbers: ReadonlyArray<number>): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const write = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

write(
  `\`bun run test/bench/confirm.ts ${rounds} ${seconds}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores shared by all, ${rounds} rounds of ${seconds} s\n`
)
write("| clients | QUEUE_CONFIRM | events/s | p50 ms | p99 ms | events/s to `server` | p50 to `server` |")
write("| --- | --- | --- | --- | --- | --- | --- |")
for (const clients of [1, 64]) {
  for (const variant of variants) await measure(variant, clients, 1000)
  const all = variants.map((): Array<Round> => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, variant] of variants.entries())
      all[i]?.push(await measure(variant, clients, seconds * 1000))
  const server = all[0] ?? []
  for (const [i, { confirm }] of variants.entries()) {
    const own = all[i] ?? []
    const of = (what: keyof Round): number => median(own.map((round) => round[what]))
    const ratio = (what: keyof Round): string =>
      median(own.map((round, at) => round[what] / (server[at]?.[what] ?? Number.NaN))).toFixed(2)
    write(
      `| ${clients} | ${confirm} | ${of("perSecond").toFixed(0)} | ${of("p50").toFixed(2)} | ${of("p99").toFixed(2)} | ${ratio("perSecond")} | ${ratio("p50")} |`
    )
  }
}

for (const { gateway } of variants) await gateway.end()
for (const server of [replica, primary, always]) await server.remove()
