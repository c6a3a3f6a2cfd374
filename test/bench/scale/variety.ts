/** The pipeline with 10, 1,000 and 100,000 different user agents and addresses. */
import { drain } from "../drained.ts"
import { figure } from "../result.ts"
import { takeTurns } from "../rounds.ts"
import { flatCost, type MakePart, rowsOf, type Sized, warmPipeline } from "./part.ts"

const varieties = [10, 1_000, 100_000] as const

export const variety: MakePart = async (cluster, { rounds, scale, report }) => {
  const lines = Math.max(10_000, Math.round(300_000 * scale))
  const topic = await cluster.topic()
  const processes = await warmPipeline(cluster, topic, scale)
  const measure = (different: number) =>
    drain(cluster, topic, processes, lines, { userAgents: different, addresses: different })
  const taken = await takeTurns(
    Object.fromEntries(varieties.map((different) => [String(different), () => measure(different)])),
    rounds,
    (different, round, { perSecond, cost }) =>
      report(
        `${different} user agents and addresses, round ${round + 1}: ${figure(perSecond)}/s, ${figure(cost, 1)} µs an event`
      )
  )
  for (const one of processes) await one.end()
  const found = varieties.map(
    (size): Sized => ({
      name: `${figure(size)} user agents and addresses`,
      size,
      rounds: taken[String(size)] ?? []
    })
  )
  return { rows: rowsOf(found), targets: [flatCost("cost of an event over the varieties", found)] }
}
