/** The interface of the parts of the benchmark `scale`: rows of its table, targets and plots. */

import type { Spoor } from "../../support/spoor.ts"
import type { Options } from "../bench.ts"
import type { Cluster } from "../cluster.ts"
import { type Drained, drain, startPipeline } from "../drained.ts"
import { figure, type Plot, spread, type Target } from "../result.ts"
import { median, type Spread, spreadOf } from "../rounds.ts"

export interface Part {
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly targets: ReadonlyArray<Target>
  readonly plots?: ReadonlyArray<Plot>
}

export type MakePart = (cluster: Cluster, options: Options) => Promise<Part>

/** The rounds of one size of the work. */
export interface Sized {
  /** The size as text: "backlog of 10,000". */
  readonly name: string
  readonly size: number
  readonly rounds: ReadonlyArray<Drained>
}

export const columns = ["work", "events/s", "µs of processor an event", "cost to the first"]

export const rate = ({ rounds }: Sized): Spread => spreadOf(rounds.map(({ perSecond }) => perSecond))
export const cost = ({ rounds }: Sized): Spread => spreadOf(rounds.map((one) => one.cost))

export const rowsOf = (sizes: ReadonlyArray<Sized>): Part["rows"] => {
  const first = sizes[0]?.rounds ?? []
  return sizes.map((sized) => [
    sized.name,
    spread(rate(sized), 0),
    spread(cost(sized), 1),
    figure(cost(sized).median / median(first.map((one) => one.cost)), 2)
  ])
}

/** The target that the cost of an event does not grow with the size. It may fall, because batches get fuller. */
export const flatCost = (what: string, sizes: ReadonlyArray<Sized>): Target => {
  const costs = sizes.map((sized) => cost(sized).median)
  const ratio = Math.max(...costs) / (costs[0] ?? Number.NaN)
  return {
    what,
    must: "the dearest ≤ 1.2 × the first",
    got: `${figure(ratio, 2)} (${costs.map((one) => figure(one, 1)).join(", ")} µs)`,
    met: ratio <= 1.2
  }
}

/** The number of lines that warm up a process: until then the runtime still compiles. Smaller for short trials. */
export const warmLines = (scale: number): number => Math.min(300_000, Math.round(3_000_000 * scale))

/** Starts a pipeline, each actor in a process of its own, and warms it up. */
export const warmPipeline = async (
  cluster: Cluster,
  topic: string,
  scale: number
): Promise<ReadonlyArray<Spoor>> => {
  const processes = await startPipeline(cluster, topic)
  await drain(cluster, topic, processes, warmLines(scale))
  return processes
}
