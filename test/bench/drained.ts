/** What it takes processes that run already to drain a full queue: time, and processor time of each. On Linux. */
import type { Spoor } from "../support/spoor.ts"
import type { Cluster } from "./cluster.ts"
import type { Variety } from "./lines.ts"
import { processorTime } from "./processor.ts"
import { reached } from "./until.ts"

export interface Drained {
  readonly perSecond: number
  /** Processor time of all the processes for an event, microseconds. */
  readonly cost: number
}

/** Processor time that all of them have used, microseconds. */
export const usedBy = (processes: ReadonlyArray<Spoor>): number =>
  processes.reduce((sum, one) => sum + processorTime(one), 0)

/** Returns when no batch is claimed any more: all that was stored is acknowledged. */
export const settled = ({ redis }: Cluster): Promise<number> =>
  reached("batches settled", 0, async () => -(await redis.hlen("{click_queue}:claimed")), performance.now())

/** Fills the queue with so many lines and has them drained into the topic. */
export const drain = async (
  cluster: Cluster,
  topic: string,
  processes: ReadonlyArray<Spoor>,
  lines: number,
  variety?: Variety
): Promise<Drained> => {
  await cluster.fill("full", lines, variety)
  const wanted = (await cluster.stored(topic)) + lines
  const before = usedBy(processes)
  const begun = performance.now()
  await cluster.redis.rename("full", "click_queue")
  const took = await reached("records in Kafka", wanted, () => cluster.stored(topic), begun)
  await settled(cluster)
  return { perSecond: (lines * 1000) / took, cost: (usedBy(processes) - before) / lines }
}

/** Starts actors, each a process of its own. */
export const startPipeline = async (
  cluster: Cluster,
  topic: string,
  actors: ReadonlyArray<string> = ["bridge", "enricher", "drainer"]
): Promise<ReadonlyArray<Spoor>> =>
  Promise.all(actors.map((actor) => cluster.start([actor], cluster.settings(topic))))
