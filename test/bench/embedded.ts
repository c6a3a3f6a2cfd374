/**
 * Events per second from a full queue to the log with embedded services: queue and log are files, and all actors run in one
 * process. Compared with the same process on real Redis and Kafka, as in `pipeline-one`.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { sqliteQueue } from "../../bridge/ingest-queue/sqlite/queue.ts"
import type { ByteString } from "../../contracts/event.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"
import type { Bench, Options } from "./bench.ts"
import { type Cluster, withCluster } from "./cluster.ts"
import { lineMaker } from "./lines.ts"
import { figure, spread } from "./result.ts"
import { ratio, spreadOf, takeTurns } from "./rounds.ts"
import { rateFrom } from "./until.ts"

const actors = ["drainer", "enricher", "bridge"]

/** Creates a folder with a queue file of `lines` lines. */
const fillFile = async (lines: number): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"))
  const line = lineMaker()
  const fill = Effect.gen(function* () {
    const { push } = yield* sqliteQueue(folder)
    for (let from = 0; from < lines; from += 2_000) {
      const count = Math.min(2_000, lines - from)
      yield* push(Array.from({ length: count }, (_, i) => line(from + i) as ByteString))
    }
  })
  await Effect.runPromise(Effect.scoped(fill))
  return folder
}

/** Drains a copy of the file; returns events per second from the first stored event on. */
const drainFile = async (full: string, lines: number): Promise<number> => {
  const settings = ownSettings({ LOG_LEVEL: "Error" })
  const folder = settings.DATA_DIR ?? ""
  copyFileSync(join(full, "queue.sqlite"), join(folder, "queue.sqlite"))
  const spoor = await startSpoor(actors, settings)
  const log = new DatabaseSync(join(folder, "log.sqlite"))
  const next = log.prepare("SELECT next FROM topic WHERE name = 'events'")
  try {
    return await rateFrom("records in the file", lines, async () => Number(next.get()?.next ?? 0))
  } finally {
    log.close()
    await spoor.end()
    rmSync(folder, { recursive: true })
  }
}

/** Drains a Redis list; returns events per second from the first stored event on. */
const drainRedis = async (cluster: Cluster, lines: number): Promise<number> => {
  const topic = await cluster.topic()
  await cluster.fill("full", lines)
  const spoor = await cluster.start(actors, cluster.settings(topic, { NATS_URL: "" }))
  await cluster.redis.rename("full", "click_queue")
  const rate = await rateFrom("records in Kafka", lines, () => cluster.stored(topic))
  await spoor.end()
  return rate
}

const compare = async (cluster: Cluster, full: string, lines: number, { rounds, report }: Options) => {
  await drainRedis(cluster, lines)
  return takeTurns(
    { embedded: () => drainFile(full, lines), real: () => drainRedis(cluster, lines) },
    rounds,
    (side, round, perSecond) => report(`round ${round + 1}: ${side} ${figure(perSecond)}/s`)
  )
}

export const embedded: Bench = {
  name: "embedded",
  about: "events a second from a full queue to the log, both files, in one process, against Redis and Kafka",
  run: async (options) => {
    const lines = Math.round(1_000_000 * options.scale)
    const full = await fillFile(lines)
    const taken = await withCluster((cluster) => compare(cluster, full, lines, options)).finally(() =>
      rmSync(full, { recursive: true })
    )
    const toReal = ratio(taken.embedded, taken.real, (perSecond) => perSecond)
    return {
      table: {
        columns: ["way", "events/s", "embedded to it"],
        rows: [
          ["one process, queue and log in files", spread(spreadOf(taken.embedded), 0), ""],
          ["one process, Redis and Kafka", spread(spreadOf(taken.real), 0), spread(toReal)]
        ]
      },
      targets: [
        {
          what: "embedded to Redis and Kafka",
          must: "≥ 0.5",
          got: spread(toReal),
          met: toReal.median >= 0.5
        }
      ],
      notes: [
        `${options.rounds} rounds of ${figure(lines)} lines; from the first record that is stored to the last.`
      ]
    }
  }
}
