/** The pipeline with one drainer and 1, 2 and 4 enrichers and bridges. */

import type { Cluster } from "../cluster.ts"
import type { Drained } from "../drained.ts"
import { drain, startPipeline } from "../drained.ts"
import { figure } from "../result.ts"
import { takeTurns } from "../rounds.ts"
import { flatCost, type MakePart, rowsOf, type Sized, warmLines } from "./part.ts"

const counts = [1, 2, 4] as const

const measure = async (cluster: Cluster, copies: number, lines: number, warm: number): Promise<Drained> => {
  const topic = await cluster.topic()
  const actors = ["drainer", ...Array.from({ length: copies }, () => ["enricher", "bridge"]).flat()]
  const processes = await startPipeline(cluster, topic, actors)
  await drain(cluster, topic, processes, warm * copies)
  const drained = await drain(cluster, topic, processes, lines)
  await Promise.all(processes.map((one) => one.end()))
  return drained
}

export const copies: MakePart = async (cluster, { rounds, scale, report }) => {
  const lines = Math.max(10_000, Math.round(300_000 * scale))
  const taken = await takeTurns(
    Object.fromEntries(
      counts.map((count) => [String(count), () => measure(cluster, count, lines, warmLines(scale))])
    ),
    rounds,
    (count, round, { perSecond, cost }) =>
      report(
        `${count} enrichers and bridges, round ${round + 1}: ${figure(perSecond)}/s, ${figure(cost, 1)} µs an event`
      )
  )
  const found = counts.map(
    (count): Sized => ({
      name: count === 1 ? "1 enricher, 1 bridge" : `${count} enrichers, ${count} bridges`,
      size: count,
      rounds: taken[String(count)] ?? []
    })
  )
  return { rows: rowsOf(found), targets: [flatCost("cost of an event over 1, 2, 4 copies", found)] }
}
