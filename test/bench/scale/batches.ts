/**
 * The pipeline with batches of 1, 10, 100 and 700 lines: the next lines are pushed when the drainer has claimed the previous
 * ones. It shows the fixed cost of a batch.
 */
import type { Spoor } from "../../support/spoor.ts"
import type { Cluster } from "../cluster.ts"
import { type Drained, settled, usedBy } from "../drained.ts"
import { lineMaker } from "../lines.ts"
import { figure } from "../result.ts"
import { takeTurns } from "../rounds.ts"
import { cost, type MakePart, rowsOf, type Sized, warmPipeline } from "./part.ts"

const sizes = [1, 10, 100, 700] as const

/** Pushes lines for `seconds` seconds. */
const measure = async (
  cluster: Cluster,
  processes: ReadonlyArray<Spoor>,
  size: number,
  seconds: number
): Promise<Drained> => {
  const line = lineMaker()
  const batches = Array.from({ length: 50 }, (_, batch) =>
    Array.from({ length: size }, (_, i) => line(batch * size + i))
  )
  let pushed = 0
  const before = usedBy(processes)
  const startedAt = performance.now()
  while (performance.now() - startedAt < seconds * 1000) {
    await cluster.redis.rpush("click_queue", ...(batches[pushed % batches.length] ?? []))
    pushed += 1
    while ((await cluster.redis.llen("click_queue")) > 0);
  }
  await settled(cluster)
  const durationMs = performance.now() - startedAt
  return {
    perSecond: (pushed * size * 1000) / durationMs,
    cost: (usedBy(processes) - before) / (pushed * size)
  }
}

export const batches: MakePart = async (cluster, { rounds, seconds, scale, report }) => {
  const topic = await cluster.topic()
  const processes = await warmPipeline(cluster, topic, scale)
  const taken = await takeTurns(
    Object.fromEntries(
      sizes.map((size) => [String(size), () => measure(cluster, processes, size, seconds / 2)])
    ),
    rounds,
    (size, round, { perSecond, cost }) =>
      report(`batches of ${size}, round ${round + 1}: ${figure(perSecond)}/s, ${figure(cost, 1)} µs an event`)
  )
  for (const one of processes) await one.end()
  const found = sizes.map(
    (size): Sized => ({
      name: size === 1 ? "batches of 1 event" : `batches of ${size} events`,
      size,
      rounds: taken[String(size)] ?? []
    })
  )
  return {
    rows: rowsOf(found),
    targets: [],
    plots: [
      {
        file: "batches",
        title: "Processor time of an event by batch size",
        x: "events in a batch",
        y: "µs an event",
        logarithmic: ["x", "y"],
        lines: [
          {
            name: "pipeline",
            points: found.map((sized) => [sized.size, cost(sized).median])
          }
        ]
      }
    ]
  }
}
