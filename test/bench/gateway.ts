/**
 * Events per second that one gateway process acknowledges, each after Redis has confirmed it. Compared, on the same core in
 * alternating rounds, with a bare server on the same runtime and a minimal Express tracker that responds without waiting.
 */
import type { Bench, Options } from "./bench.ts"
import { h2load, type RateFigures } from "./h2load.ts"
import { get, type MeasuredGateway, withGateway } from "./measured-gateway.ts"
import { pinning } from "./pinned.ts"
import { type Found, figure, spread, type Target } from "./result.ts"
import { median, ratio, spreadOf, takeTurns } from "./rounds.ts"
import { startServer } from "./servers/start.ts"
import { type LoadRequest, type WrkFigures, wrk } from "./wrk.ts"

const post: LoadRequest = {
  path: "/t/app_open",
  body: '{"deviceid":"abcdef0123456789","ts":123456,"referrer":"website","platform":"android","version":"4.2.1"}'
}
const cases = [
  { name: "GET", request: get, connections: 64 },
  { name: "GET", request: get, connections: 512 },
  { name: "POST", request: post, connections: 64 },
  { name: "POST", request: post, connections: 512 }
] as const

type Side = "spoor" | "bare" | "express"

const measure = async (
  { spoor, redis, redisUrl }: MeasuredGateway,
  { rounds, seconds, report }: Options
): Promise<Found> => {
  const bare = await startServer(process.execPath, "bare.bun.ts")
  const express = await startServer("node", "express.mjs", { REDIS_URL: redisUrl })
  const urls: Record<Side, URL> = {
    spoor: spoor.address("send events"),
    bare: bare.url,
    express: express.url
  }

  /** Loads one side, and checks that the events Spoor acknowledged are in the queue. */
  const load = async (
    side: Side,
    request: LoadRequest,
    connections: number,
    time = seconds
  ): Promise<WrkFigures> => {
    await redis.unlink("click_queue")
    const figures = await wrk(urls[side], request, connections, time)
    if (side === "spoor") {
      const kept = await redis.llen("click_queue")
      if (kept < figures.perSecond * time * 0.98)
        throw new Error(
          `Only ${kept} of ${Math.round(figures.perSecond * time)} acknowledged events are in the queue.`
        )
    }
    await redis.unlink("click_queue")
    return figures
  }

  const rows: Array<ReadonlyArray<string>> = []
  const targets: Array<Target> = []
  let slowest = Number.POSITIVE_INFINITY
  for (const { name, request, connections } of cases) {
    const title = `${name}, ${connections} connections`
    for (const side of ["spoor", "bare", "express"] as const) await load(side, request, connections, 2)
    const turn = (side: Side) => () => load(side, request, connections)
    const taken = await takeTurns(
      { spoor: turn("spoor"), bare: turn("bare"), express: turn("express") },
      rounds,
      (side, round, { perSecond }) => report(`${title}, round ${round + 1}: ${side} ${figure(perSecond)}/s`)
    )
    const toBare = ratio(taken.spoor, taken.bare, ({ perSecond }) => perSecond)
    const toExpress = ratio(taken.spoor, taken.express, ({ perSecond }) => perSecond)
    for (const side of ["spoor", "bare", "express"] as const) {
      const own = taken[side]
      rows.push([
        title,
        side,
        spread(spreadOf(own.map(({ perSecond }) => perSecond)), 0),
        figure(median(own.map(({ p50 }) => p50)), 2),
        figure(median(own.map(({ p99 }) => p99)), 2),
        side === "spoor" ? "" : spread(side === "bare" ? toBare : toExpress)
      ])
    }
    if (request === get && connections === 64) {
      slowest = median(taken.spoor.map(({ perSecond }) => perSecond))
      targets.push(
        {
          what: `${title}: Spoor to a bare server`,
          must: "≥ 0.75",
          got: spread(toBare),
          met: toBare.median >= 0.75
        },
        {
          what: `${title}: Spoor to Express`,
          must: "≥ 15",
          got: spread(toExpress, 1),
          met: toExpress.median >= 15
        }
      )
    }
  }

  const halfLoad = slowest / 2
  const half: Array<RateFigures> = []
  for (let round = 0; round < rounds; round++) {
    half.push(await h2load(new URL(get.path, urls.spoor), halfLoad, seconds))
    await redis.unlink("click_queue")
  }
  if (half.some(({ refused }) => refused > 0)) throw new Error("Events were refused at half load.")
  const sent = spreadOf(half.map(({ perSecond }) => perSecond))
  const p99 = spreadOf(half.map((figures) => figures.p99))
  rows.push([
    "GET, 64 connections, half load",
    "spoor",
    spread(sent, 0),
    figure(median(half.map(({ p50 }) => p50)), 2),
    figure(p99.median, 2),
    ""
  ])
  targets.push({
    what: "requests a second at half load",
    must: `within 2 % of ${figure(halfLoad)}`,
    got: spread(sent, 0),
    met: Math.abs(sent.median / halfLoad - 1) <= 0.02
  })
  targets.push({
    what: "p99 at half load",
    must: "< 10 ms",
    got: `${spread(p99)} ms`,
    met: p99.median < 10
  })

  bare.stop()
  express.stop()
  return {
    table: { columns: ["load", "server", "requests/s", "p50 ms", "p99 ms", "Spoor to it"], rows },
    targets,
    notes: [
      `${rounds} rounds of ${seconds} s by wrk; ${pinning}.`,
      "Half load is half of what Spoor took with GET and 64 connections, by h2load; its percentiles are of the requests as they were sent."
    ]
  }
}

export const gateway: Bench = {
  name: "gateway",
  about:
    "acknowledged events a second of one gateway process, against a bare Bun server and an Express tracker",
  run: (options) => withGateway((gateway) => measure(gateway, options))
}
