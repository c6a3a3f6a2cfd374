/** The pipeline at 1,000 events per second with 0 to 500 live clients of a viewer. */

import { startPipeline } from "../drained.ts"
import { figure, spread } from "../result.ts"
import { median, spreadOf, takeTurns } from "../rounds.ts"
import { everything, lineOf, measureViewerLoad, type WatchedRound } from "../viewer-load.ts"
import { flatCost, type MakePart, type Sized } from "./part.ts"

const perSecond = 1_000

export const viewers: MakePart = async (cluster, { rounds, seconds, scale, report }) => {
  // NOTE: a short trial, at a small scale, has fewer clients.
  const clients = [0, 1, 10, 100, 500].filter((count) => count <= 5_000 * scale)
  const topic = await cluster.topic()
  const processes = await startPipeline(cluster, topic, ["bridge", "enricher", "drainer", "viewer"])
  const names = ["bridge", "enricher", "drainer", "viewer"]
  const viewer = processes.at(-1)
  if (viewer === undefined) throw new Error("The viewer was not started.")
  const setup = {
    send: (count: number) => cluster.redis.rpush("click_queue", ...Array.from({ length: count }, lineOf)),
    processes: processes.map((one, i) => [names[i] ?? "", one] as const),
    viewer: viewer.address("watch them").origin
  }
  const time = { seconds: seconds * 2, before: Math.min(1, seconds) }
  const measure = (count: number) => measureViewerLoad(setup, everything(count), perSecond, time)
  await measureViewerLoad(setup, everything(1), perSecond, { ...time, seconds: seconds * 4 })
  const taken = await takeTurns(
    Object.fromEntries(clients.map((count) => [String(count), () => measure(count)])),
    rounds,
    (count, round, { processor }) =>
      report(
        `${count} clients, round ${round + 1}: ${processor.map((one, i) => `${names[i]} ${figure(one)} µs`).join(", ")} an event`
      )
  )
  for (const one of processes) await one.end()

  const pipelineOf = ({ processor }: WatchedRound): number =>
    processor.slice(0, -1).reduce((sum, one) => sum + one, 0)
  const found = clients.map(
    (size): Sized => ({
      name: `${size} clients watch`,
      size,
      rounds: (taken[String(size)] ?? []).map((round) => ({ perSecond: round.rate, cost: pipelineOf(round) }))
    })
  )
  const viewerOf = (size: number): ReadonlyArray<number> =>
    (taken[String(size)] ?? []).map(({ processor }) => processor.at(-1) ?? Number.NaN)
  const base = median((found[0]?.rounds ?? []).map(({ cost }) => cost))
  return {
    rows: found.map(({ name, size, rounds }) => {
      const pipeline = spreadOf(rounds.map(({ cost }) => cost))
      return [
        name,
        spread(spreadOf(rounds.map(({ perSecond }) => perSecond)), 0),
        `${spread(pipeline, 0)}, and ${spread(spreadOf(viewerOf(size)), 0)} of the viewer`,
        figure(pipeline.median / base, 2)
      ]
    }),
    targets: [flatCost("cost of an event in the pipeline over 0 to 500 clients", found)]
  }
}
