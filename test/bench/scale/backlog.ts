/** The pipeline with backlogs of 10 thousand, 1 million and 5 million lines. */
import { drain } from "../drained.ts"
import { figure } from "../result.ts"
import { takeTurns } from "../rounds.ts"
import { flatCost, type MakePart, rate, rowsOf, type Sized, warmPipeline } from "./part.ts"

/** A small backlog is drained repeatedly, at most ten times, until this number of lines was measured. */
const minMeasuredLines = 100_000

export const backlog: MakePart = async (cluster, { rounds, scale, report }) => {
  const sizes = [Math.min(10_000, 50_000 * scale), 1_000_000 * scale, 5_000_000 * scale].map(Math.round)
  const topic = await cluster.topic()
  const processes = await warmPipeline(cluster, topic, scale)
  const measure = async (lines: number) => {
    const times = Math.min(10, Math.ceil(minMeasuredLines / lines))
    let [seconds, used] = [0, 0]
    for (let time = 0; time < times; time++) {
      const { perSecond, cost } = await drain(cluster, topic, processes, lines)
      seconds += lines / perSecond
      used += cost
    }
    return { perSecond: (lines * times) / seconds, cost: used / times }
  }
  const taken = await takeTurns(
    Object.fromEntries(sizes.map((lines) => [String(lines), () => measure(lines)])),
    rounds,
    (lines, round, { perSecond, cost }) =>
      report(
        `backlog of ${figure(Number(lines))}, round ${round + 1}: ${figure(perSecond)}/s, ${figure(cost, 1)} µs an event`
      )
  )
  for (const one of processes) await one.end()
  const found = sizes.map(
    (size): Sized => ({ name: `backlog of ${figure(size)}`, size, rounds: taken[String(size)] ?? [] })
  )
  const rates = found.map((sized) => rate(sized).median)
  const kept = (rates.at(-1) ?? Number.NaN) / Math.max(...rates.slice(0, -1))
  return {
    rows: rowsOf(found),
    targets: [
      {
        what: "events/s at the largest backlog to the most at a smaller one",
        must: "≥ 0.9 (a tenth is the machine's)",
        got: figure(kept, 2),
        met: kept >= 0.9
      },
      flatCost("cost of an event over the backlogs", found)
    ],
    plots: [
      {
        file: "backlog",
        title: "Events a second by backlog",
        x: "lines in the queue",
        y: "events a second",
        logarithmic: ["x"],
        lines: [{ name: "pipeline", points: found.map(({ size }, i) => [size, rates[i] ?? 0]) }]
      }
    ]
  }
}
