/**
 * What capacity planning needs (`bun run size`): the processor time of an event in each actor, with full batches and at 1,000
 * events/s; and the bytes of a waiting line in Redis and of a record on Kafka's disk. Each actor is a process of its own.
 */
import { randomUUID } from "node:crypto"
import { readdirSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Spoor } from "../support/spoor.ts"
import type { Bench, Options } from "./bench.ts"
import { type Cluster, withCluster } from "./cluster.ts"
import { drain } from "./drained.ts"
import { lineMaker } from "./lines.ts"
import { paced } from "./paced.ts"
import { processorTime } from "./processor.ts"
import { figure } from "./result.ts"
import { median } from "./rounds.ts"
import { warmLines } from "./scale/part.ts"

const pipeline = ["bridge", "enricher", "drainer"]
const readers = ["event-counter", "metadata-counter", "search-counter", "timing-stats", "viewer"]
const actors = ["gateway", ...pipeline, ...readers]

type Processes = ReadonlyMap<string, Spoor>

const used = (processes: Processes): ReadonlyArray<number> =>
  Array.from(processes.values(), (one) => processorTime(one))

/** Waits until the readers have read everything: no process has used more than 2 % of a core for two seconds. */
const idle = async (processes: Processes): Promise<void> => {
  for (;;) {
    const before = used(processes)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    if (used(processes).every((one, i) => one - (before[i] ?? 0) < 200_000 * 0.4)) return
  }
}

/** Processor time of an event in each process while `work` handles `events` events, microseconds. */
const costOf = async (
  processes: Processes,
  events: number,
  work: () => Promise<unknown>
): Promise<ReadonlyArray<number>> => {
  const before = used(processes)
  await work()
  await idle(processes)
  return used(processes).map((one, i) => (one - (before[i] ?? 0)) / events)
}

/** Bytes of the segments of that topic, wherever the broker keeps them on this machine. */
const bytesOnDisk = (topic: string): number =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith("spoor-kafka-"))
    .flatMap((name) => {
      const log = join(tmpdir(), name, "log")
      try {
        return readdirSync(log).map((partition) => join(log, partition))
      } catch {
        return []
      }
    })
    .filter((folder) => folder.includes(`/${topic}-`))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".log"))
        .map((name) => statSync(join(folder, name)).size)
    )
    .reduce((all, size) => all + size, 0)

const usedMemory = async ({ redis }: Cluster): Promise<number> =>
  Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1])

/** Bytes of a line in Redis beyond its own. */
const overhead = async (cluster: Cluster, lines: number): Promise<number> => {
  const before = await usedMemory(cluster)
  await cluster.fill("weighed", lines)
  const after = await usedMemory(cluster)
  await cluster.redis.del("weighed")
  return (after - before) / lines - meanLine(lines)
}

const meanLine = (lines: number): number => {
  const line = lineMaker()
  let bytes = 0
  for (let n = 0; n < lines; n += 1) bytes += line(n).length
  return bytes / lines
}

const measure = async (cluster: Cluster, { rounds, seconds, scale, report }: Options) => {
  const topic = `costs-${randomUUID().slice(0, 8)}`
  await cluster.admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
  const settings = cluster.settings(topic, {
    TRUSTED_PROXIES: "127.0.0.0/8",
    PROJECTIONS_URL: cluster.redisUrl
  })
  const processes = new Map<string, Spoor>()
  for (const actor of [...pipeline, ...readers, "gateway"])
    processes.set(
      actor,
      await cluster.start([actor], { ...settings, DATA_DIR: `${settings.DATA_DIR}-${actor}` })
    )
  const inOrder = new Map(
    actors.flatMap((actor) => {
      const process = processes.get(actor)
      return process === undefined ? [] : [[actor, process] as const]
    })
  )
  const lines = warmLines(scale)
  const gateway = inOrder.get("gateway")
  const one = [...inOrder.values()]
  await drain(cluster, topic, one, lines)
  await idle(inOrder)
  const full: Array<ReadonlyArray<number>> = []
  const slow: Array<ReadonlyArray<number>> = []
  const stored = [bytesOnDisk(topic)]
  for (let round = 0; round < rounds; round += 1) {
    full.push(await costOf(inOrder, lines, () => drain(cluster, topic, one, lines)))
    stored.push(bytesOnDisk(topic))
    const pace = { connections: 64, perSecond: 1_000, seconds: seconds * 3, first: round * 1_000_000 }
    const events = pace.perSecond * pace.seconds
    const url = gateway?.address("send events")
    if (url === undefined) throw new Error("The gateway is not running.")
    slow.push(await costOf(inOrder, events, () => paced(url, pace)))
    stored.push(bytesOnDisk(topic))
    report(`round ${round + 1}: full ${figures(full.at(-1))}; at 1,000/s ${figures(slow.at(-1))}`)
  }
  return {
    full: medians(full),
    slow: medians(slow),
    record: ((stored[1] ?? 0) - (stored[0] ?? 0)) / lines,
    slowRecord: ((stored[2] ?? 0) - (stored[1] ?? 0)) / (seconds * 3_000),
    line: meanLine(lines),
    overhead: await overhead(cluster, lines)
  }
}

const figures = (values: ReadonlyArray<number> = []): string =>
  values.map((value, i) => `${actors[i]} ${figure(value, 1)}`).join(", ")

const medians = (rounds: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> =>
  actors.map((_, i) => median(rounds.map((one) => one[i] ?? Number.NaN)))

export const costs: Bench = {
  name: "costs",
  about: "processor time of an event in each actor, bytes of a line in Redis and of a record in Kafka",
  run: async (options) => {
    const found = await withCluster((cluster) => measure(cluster, options))
    return {
      table: {
        columns: ["what", "full batches", "at 1,000 events/s"],
        rows: [
          ...actors.map((actor, i) => [
            `${actor}, µs of processor an event`,
            actor === "gateway" ? "" : figure(found.full[i] ?? Number.NaN, 2),
            figure(found.slow[i] ?? Number.NaN, 1)
          ]),
          ["a line, bytes", figure(found.line, 0), ""],
          ["a waiting line in Redis, bytes beyond its own", figure(found.overhead, 1), ""],
          ["a record on Kafka's disk, bytes", figure(found.record, 1), figure(found.slowRecord, 1)]
        ]
      },
      targets: [],
      notes: [
        `${options.rounds} rounds. Full batches: a backlog is drained; at 1,000 events/s: sent to the gateway one by one. Redis, NATS and Kafka left out. Records are compressed as KAFKA_COMPRESSION says by default, and are as varied as the lines of all benchmarks.`
      ]
    }
  }
}
