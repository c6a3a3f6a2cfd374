/** Measures how running processes drain a full queue: events per second, and processor time per event. Linux only. */
import type { Spoor } from "../support/spoor.ts"
import type { Cluster } from "./cluster.ts"
import type { Variety } from "./lines.ts"
import { processorTime } from "./processor.ts"
import { reached } from "./until.ts"

export interface Drained {
  readonly perSecond: number
  /** Processor time of all processes per event, microseconds. */
  readonly cost: number
}

/** Processor time that all processes have used, microseconds. */
export const usedBy = (processes: ReadonlyArray<Spoor>): number =>
  processes.reduce((sum, one) => sum + processorTime(one), 0)

/** Resolves when no batch is claimed: all stored batches are acknowledged. */
export const settled = ({ redis }: Cluster): Promise<number> =>
  reached("batches settled", 0, async () => -(await redis.hlen("{click_queue}:claimed")), performance.now())

/** Fills the queue with `lines` lines and waits until they are drained into the topic. */
export const drain = async (
  cluster: Cluster,
  topic: string,
  processes: ReadonlyArray<Spoor>,
  lines: number,
  variety?: Variety
): Promise<Drained> => {
  await cluster.fill("full", lines, variety)
  const target = (await cluster.stored(topic)) + lines
  const before = usedBy(processes)
  const startedAt = performance.now()
  await cluster.redis.rename("full", "click_queue")
  const durationMs = await reached("records in Kafka", target, () => cluster.stored(topic), startedAt)
  await settled(cluster)
  return { perSecond: (lines * 1000) / durationMs, cost: (usedBy(processes) - before) / lines }
}

/** Starts actors, each in a process of its own. */
export const startPipeline = async (
  cluster: Cluster,
  topic: string,
  actors: ReadonlyArray<string> = ["bridge", "enricher", "drainer"]
): Promise<ReadonlyArray<Spoor>> =>
  Promise.all(actors.map((actor) => cluster.start([actor], cluster.settings(topic))))
