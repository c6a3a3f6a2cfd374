/**
 * Processor time per request in the gateway, and in a bare server that adds one step at a time until it does the minimum
 * that the gateway's guarantee requires. It has no targets; it shows what any server on this runtime could reach.
 */
import type { Bench, Options } from "./bench.ts"
import { get, type MeasuredGateway, withGateway } from "./measured-gateway.ts"
import { pinning } from "./pinned.ts"
import { processorTime } from "./processor.ts"
import { type Found, figure, spread } from "./result.ts"
import { ratio, spreadOf, takeTurns } from "./rounds.ts"
import { startServer } from "./servers/start.ts"
import { type Step, steps } from "./servers/steps.ts"
import { wrk } from "./wrk.ts"

const connections = 64

interface Taken {
  readonly perSecond: number
  /** Processor time per request, microseconds. */
  readonly each: number
}

const measure = async (
  { spoor, redis, redisUrl }: MeasuredGateway,
  { rounds, seconds, report }: Options
): Promise<Found> => {
  const load = async (url: URL, pid: number | undefined): Promise<Taken> => {
    await wrk(url, get, connections, 1)
    const before = processorTime({ process: { pid } })
    const { perSecond } = await wrk(url, get, connections, seconds)
    const each = (processorTime({ process: { pid } }) - before) / (perSecond * seconds)
    await redis.unlink("click_queue")
    return { perSecond, each }
  }
  const turn = (step: Step) => async (): Promise<Taken> => {
    const bare = await startServer(process.execPath, "steps.bun.ts", { STEP: step, REDIS_URL: redisUrl })
    try {
      return await load(bare.url, bare.pid)
    } finally {
      bare.stop()
    }
  }
  const taken = await takeTurns<Step | "gateway", Taken>(
    {
      nothing: turn("nothing"),
      later: turn("later"),
      reads: turn("reads"),
      address: turn("address"),
      body: turn("body"),
      queue: turn("queue"),
      gateway: () => load(spoor.address("send events"), spoor.process.pid)
    },
    rounds,
    (side, round, { each, perSecond }) =>
      report(`round ${round + 1}: ${side} ${figure(each, 2)} µs, ${figure(perSecond)}/s`)
  )

  const row = (name: Step | "gateway", about: string): ReadonlyArray<string> => [
    about,
    spread(spreadOf(taken[name].map(({ each }) => each))),
    spread(spreadOf(taken[name].map(({ perSecond }) => perSecond)), 0),
    spread(ratio(taken.nothing, taken[name], ({ each }) => each))
  ]
  return {
    table: {
      columns: ["server", "processor µs of a request", "requests/s", "of the first one's speed"],
      rows: [
        ...steps.map(({ name, about }, place) => row(name, place === 0 ? about : `and ${about}`)),
        row("gateway", "the gateway")
      ]
    },
    targets: [],
    notes: [
      `${rounds} rounds of ${seconds} s by wrk, GET with ${connections} connections; ${pinning}. The last column is the processor time of the first row over that of the row: what \`gateway\` could reach at the most if it did only that.`
    ]
  }
}

export const gatewaySteps: Bench = {
  name: "gateway-steps",
  about: "processor time of a request in the gateway, and in a bare server that adds its steps one by one",
  run: (options) => withGateway((gateway) => measure(gateway, options))
}
