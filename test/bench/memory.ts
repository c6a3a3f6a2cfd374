/**
 * Memory of each actor in a process of its own: at 1,000 events per second for minutes with ten live viewers, and then while
 * a large backlog is drained and counted.
 */
import { setTimeout as wait } from "node:timers/promises"
import { ticketOf, watch } from "../actors/viewer/watching.ts"
import type { Spoor } from "../support/spoor.ts"
import type { Bench, Options } from "./bench.ts"
import { type Cluster, withCluster } from "./cluster.ts"
import { committed } from "./committed.ts"
import { paced } from "./paced.ts"
import { peak, resetPeak, resident } from "./resident.ts"
import { figure, type Plot } from "./result.ts"
import { growth, median } from "./rounds.ts"
import { reached } from "./until.ts"

const counters = ["event-counter", "metadata-counter", "search-counter", "timing-stats"] as const
const actors = ["bridge", "enricher", "drainer", ...counters, "viewer", "gateway"] as const

const perSecond = 1_000
const viewers = 10

/** The targets: maximum memory of an actor, MB, and maximum growth (last third of a run over its middle third). */
const allowed = 200
const allowedGrowth = 1.1

/** Memory of one actor over a run: samples and peak, MB. */
interface Course {
  readonly actor: string
  readonly points: ReadonlyArray<readonly [seconds: number, megabytes: number]>
  readonly peak: number
}

/** Samples each actor's memory until `work` is done. `every`: seconds between samples. */
const follow = async (
  processes: ReadonlyMap<string, Spoor>,
  every: number,
  work: Promise<unknown>
): Promise<ReadonlyArray<Course>> => {
  const points = new Map([...processes].map(([actor]) => [actor, [] as Array<readonly [number, number]>]))
  for (const spoor of processes.values()) resetPeak(spoor)
  const startedAt = performance.now()
  const done = work.then(() => true)
  do {
    const seconds = Math.round((performance.now() - startedAt) / 10) / 100
    for (const [actor, spoor] of processes)
      points.get(actor)?.push([seconds, Math.round(resident(spoor) * 10) / 10])
  } while (!(await Promise.race([done, wait(every * 1000, false)])))
  return [...processes].map(([actor, spoor]) => ({
    actor,
    points: points.get(actor) ?? [],
    peak: peak(spoor)
  }))
}

/** Waits until each counter has committed `records` records. */
const counted = async (cluster: Cluster, topic: string, records: number): Promise<void> => {
  for (const counter of counters) {
    const count = () => committed(cluster, `spoor-${counter}`, topic)
    await reached(`records of ${counter}`, records, count, performance.now())
  }
}

/** Opens live clients without a filter; returns a function that closes them. */
const watchLive = async (viewer: Spoor): Promise<() => void> => {
  const { origin } = viewer.address("watch them")
  const sockets: Array<WebSocket> = []
  for (let client = 0; client < viewers; client++) {
    const { socket, opened } = watch(origin, await ticketOf(origin), { watch: {} })
    if (!(await opened)) throw new Error("The viewer refused a live client.")
    // NOTE: `watch` stores every message, which would grow during the whole run.
    socket.onmessage = () => {}
    sockets.push(socket)
  }
  return () => {
    for (const socket of sockets) socket.close()
  }
}

interface Runs {
  readonly steady: ReadonlyArray<Course>
  readonly backlog: ReadonlyArray<Course>
}

const measure = async (cluster: Cluster, lines: number, { minutes, report }: Options): Promise<Runs> => {
  const topic = await cluster.topic()
  const settings = cluster.settings(topic, { TRUSTED_PROXIES: "127.0.0.0/8" })
  const processes = new Map<string, Spoor>()
  for (const actor of actors)
    processes.set(
      actor,
      await cluster.start([actor], { ...settings, DATA_DIR: `${settings.DATA_DIR}-${actor}` })
    )
  const [gateway, viewer] = [processes.get("gateway"), processes.get("viewer")]
  if (gateway === undefined || viewer === undefined) throw new Error("The gateway or the viewer is missing.")

  const unwatch = await watchLive(viewer)
  report(`${figure(perSecond)} events/s for ${figure(minutes, 1)} minutes`)
  const seconds = minutes * 60
  const sending = paced(gateway.address("send events"), { connections: 64, perSecond, seconds, first: 0 })
  const steady = await follow(processes, Math.max(0.1, seconds / 300), sending)
  const { answered, refused } = await sending
  if (refused > 0) throw new Error(`${refused} events were refused.`)
  await counted(cluster, topic, answered.length)
  unwatch()

  report(`a backlog of ${figure(lines)} lines`)
  await cluster.fill("full", lines)
  await cluster.redis.rename("full", "click_queue")
  const backlog = await follow(processes, 0.5, counted(cluster, topic, answered.length + lines))
  return { steady, backlog }
}

const plotOf = (file: string, title: string, courses: ReadonlyArray<Course>): Plot => ({
  file,
  title,
  x: "seconds",
  y: "MB",
  lines: courses.map(({ actor, points }) => ({ name: actor, points: sampled(points) }))
})

/** A sample of about 150 points. */
const sampled = <A>(points: ReadonlyArray<A>): ReadonlyArray<A> => {
  const step = Math.ceil(points.length / 150)
  return points.filter((_, i) => i % step === 0)
}

/** The median memory in the last third of a run, MB. */
const steadyOf = ({ points }: Course): number =>
  median(points.slice(Math.floor((points.length * 2) / 3)).map(([, megabytes]) => megabytes))

export const memory: Bench = {
  name: "memory",
  about: "MB of each actor in a run of minutes and at a large backlog",
  run: async (options) => {
    const lines = Math.round(5_000_000 * options.scale)
    const { steady, backlog } = await withCluster((cluster) => measure(cluster, lines, options))
    const of = steady.map((course) => ({
      actor: course.actor,
      steady: steadyOf(course),
      growth: growth(course.points.map(([, megabytes]) => megabytes)),
      peak: course.peak,
      peakAtBacklog: backlog.find(({ actor }) => actor === course.actor)?.peak ?? Number.NaN
    }))
    const maximum = (one: (typeof of)[number]): number => Math.max(one.peak, one.peakAtBacklog)
    const under = of.filter((one) => maximum(one) < allowed)
    const [largest] = of.toSorted((a, b) => maximum(b) - maximum(a))
    const [growing] = of.toSorted((a, b) => b.growth - a.growth)
    if (largest === undefined || growing === undefined) throw new Error("No actor was measured.")
    return {
      table: {
        columns: ["actor", "steady MB", "last third to middle third", "peak MB", "peak MB at the backlog"],
        rows: of.map(({ actor, steady, growth, peak, peakAtBacklog }) => [
          actor,
          figure(steady),
          figure(growth, 2),
          figure(peak),
          figure(peakAtBacklog)
        ])
      },
      targets: [
        {
          what: "peak of each actor",
          must: `< ${allowed} MB`,
          got: `${largest.actor} ${figure(maximum(largest))} MB; ${under.length} of ${of.length} actors are below`,
          met: under.length === of.length
        },
        {
          what: "memory of each actor, last third of the run to its middle third",
          must: `≤ ${allowedGrowth}`,
          got: `${growing.actor} ${figure(growing.growth, 2)}`,
          met: growing.growth <= allowedGrowth
        }
      ],
      plots: [
        plotOf("memory", `Resident memory at ${figure(perSecond)} events a second`, steady),
        plotOf("memory-backlog", `Resident memory while ${figure(lines)} events are drained`, backlog)
      ],
      notes: [
        `${figure(perSecond)} events/s for ${figure(options.minutes, 1)} minutes through the gateway with ${viewers} clients watching, then a backlog of ${figure(lines)} lines; resident memory as the system counts it, the runtime's own code included.`
      ]
    }
  }
}
