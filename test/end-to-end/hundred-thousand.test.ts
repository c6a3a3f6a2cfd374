/** 100,000 lines in a real Redis are stored in a real Kafka, each exactly once when nothing fails. */
import { afterAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import type { Spoor } from "../support/spoor.ts"

const count = 100_000
const actors = [
  "bridge",
  "enricher",
  "drainer",
  "event-counter",
  "metadata-counter",
  "search-counter",
  "timing-stats"
]

const lineOf = (n: number): string => {
  const ip = `${1 + (n % 200)}.${n % 251}.7.${n % 13}`
  const agent = `Mozilla/5.0 (Linux; Android ${n % 15}; Pixel ${n % 9}) AppleWebKit/537.36 Chrome/${100 + (n % 40)}.0.0.0 Mobile Safari/537.36`
  return `${ip} ${Date.now()} trk.example.com 10.1.2.${n % 5} /t/event_${n % 20} n=${n}&deviceid=${n % 5_000}&referrer=website ${agent}`
}

const servers = await realServers()

describe.skipIf(servers === undefined)("100,000 lines", () => {
  let cluster: Cluster | undefined
  afterAll(() => cluster?.stop())

  test("are stored exactly once and counted exactly once", async () => {
    const own = makeCluster(servers ?? {})
    cluster = own
    for (let at = 0; at < count; at += 2_000) {
      await own.redis.rpush(own.queueKey, ...Array.from({ length: 2_000 }, (_, i) => lineOf(at + i)))
    }
    const total = async (projection: string, table: string): Promise<number> => {
      const rows = await own.redis.zrangebyscore(
        `{spoor:${projection}}:table:${table}`,
        "-inf",
        "+inf",
        "WITHSCORES"
      )
      return rows.filter((_, i) => i % 2 === 1).reduce((sum, score) => sum + Number(score), 0)
    }
    const counted = [
      { projection: "event-counter", table: "by-type" },
      { projection: "metadata-counter", table: "by-country" }
    ]
    const before = await Promise.all(counted.map(({ projection, table }) => total(projection, table)))
    const processes: Array<{ actor: string; spoor: Spoor }> = []
    for (const actor of actors) processes.push({ actor, spoor: await own.start(actor) })
    await eventually(
      "the queue is empty",
      async () => {
        const { waiting, claimed } = await own.depth()
        return waiting === 0 && claimed === 0
      },
      55_000
    )

    const records = own.read(own.topic)
    expect(records.length).toBe(count)
    const numbers = new Set(records.map(({ value }) => /(?:^| )n=(\d+)&/.exec(value.toString())?.[1]))
    expect(numbers.size).toBe(count)
    expect(new Set(records.map(({ headers }) => headers.id)).size).toBe(count)
    expect(await own.depth()).toEqual({ waiting: 0, claimed: 0, deadLetters: 0 })

    for (const [i, { projection, table }] of counted.entries()) {
      const expected = (before[i] ?? 0) + count
      await eventually("all are counted", async () => (await total(projection, table)) >= expected)
      expect(await total(projection, table)).toBe(expected)
    }

    const claimed = records.reduce(
      (earliest, { headers }) => Math.min(earliest, Number(headers.claimed)),
      Number.POSITIVE_INFINITY
    )
    const sent = records.reduce((latest, { headers }) => Math.max(latest, Number(headers.sent)), 0)
    const memory = processes.map(({ actor, spoor }) => `${actor} ${residentMegabytes(spoor.process.pid)} MB`)
    process.stdout.write(
      `${count} lines from the first claim to the last send: ${(sent - claimed) / 1000} s; ${memory.join(", ")}\n`
    )
  }, 120_000)
})

const residentMegabytes = (pid: number | undefined): string => {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return (Number(kilobytes) / 1024).toFixed(0)
  } catch {
    return "?"
  }
}
