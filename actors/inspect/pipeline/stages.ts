/** The stages of the pipeline, from observations of actors, queue and log. Pure. */
import type { SystemsFound } from "../../runtime/health.ts"
import { rounded } from "../format.ts"
import type { ActorGroup } from "./actor-groups.ts"
import {
  absentActorHealth,
  actorHealth,
  type BusObservation,
  logHealth,
  queueHealth,
  type StageHealth,
  unreachableActorHealth,
  withRefusals
} from "./health-rules.ts"
import {
  failedIn,
  type Gone,
  handledIn,
  type Instance,
  rateOf,
  rejectedIn,
  type StatsSample,
  workOf
} from "./instances.ts"
import { fromOthers, type QueueObservation } from "./queues.ts"
import type { Figure, StageView } from "./system-view.ts"

export interface SystemObservation {
  readonly bus: BusObservation
  readonly groups: ReadonlyMap<string, ActorGroup>
  /** The queue servers; none if this process has no access to them. */
  readonly queues: ReadonlyArray<QueueObservation>
  /** The systems as checked by this process. */
  readonly own: SystemsFound
  /** Actors that ran within the last hour and no longer do, by name. */
  readonly gone: ReadonlyMap<string, Gone>
}

/** The actors of the pipeline, in its order; the consumers come after them. */
export const pipelineOrder: ReadonlyArray<string> = ["gateway", "drainer", "enricher", "bridge"]

/**
 * The actors of reactions: what the reactor reads from the log, the deliverer delivers. They come after the other consumers,
 * in this order. The deliverer reads no log, so it is never behind its end.
 */
const reactionActors: ReadonlyArray<string> = ["reactor", "deliverer"]

/** The actor that writes to the log. Readers share its connection and report its refusals too, but are not affected. */
const writer = "bridge"

const refusedBy = ({ groups }: SystemObservation): string => groups.get(writer)?.seen.refused ?? ""

/** In the order of the pipeline; then the consumers by name, and the actors of reactions. */
export const stagesOf = (seen: SystemObservation): ReadonlyArray<StageView> => {
  const { queues, groups, gone } = seen
  const queue = queues.length === 0 ? undefined : queueHealth(queues, refusedBy(seen))
  const actor = (name: string): StageView => actorStage(name, "actor", seen, queue)
  const bridge = actor("bridge")
  const consumers = [...groups, ...gone]
    .filter(([name, { isReader }]) => isReader || reactionActors.includes(name))
    .map(([name]) => name)
  return [
    actor("gateway"),
    ...(queue === undefined ? [] : [queueStage(queues, queue)]),
    actor("drainer"),
    actor("enricher"),
    bridge,
    logStage(seen, bridge),
    ...[...new Set(consumers)]
      .sort((a, b) => reactionActors.indexOf(a) - reactionActors.indexOf(b) || (a < b ? -1 : 1))
      .map((name) => actorStage(name, "consumer", seen, queue))
  ]
}

const actorStage = (
  name: string,
  kind: "actor" | "consumer",
  seen: SystemObservation,
  queue: StageHealth | undefined
): StageView => {
  const group = seen.groups.get(name)
  const running = group?.running ?? []
  const work = running.map(workOf)
  const messages = work.reduce((sum, one) => sum + one.messages, 0)
  const busy = work.reduce((sum, one) => sum + one.busy, 0)
  // On an in-process bus other processes are invisible: no answer does not mean that none runs.
  const isVisible = running.length > 0 || (seen.bus.isAnswering && !seen.bus.embedded)
  const known = (value: Figure): Figure => (isVisible ? value : null)
  return {
    name,
    kind,
    ...healthOf(name, kind, seen, queue),
    instances: known(running.length),
    rate: known(rate(running, handledIn)),
    failedRate: known(rate(running, failedIn)),
    rejectedRate: known(rate(running, rejectedIn)),
    events: known(total(running, handledIn)),
    failed: known(total(running, failedIn)),
    rejected: known(total(running, rejectedIn)),
    underWay: known(sumReported(running, ({ figures }) => figures.underWay)),
    capacity: known(sumReported(running, ({ figures }) => figures.capacity)),
    took: messages > 0 ? rounded(busy / messages) : null,
    lag: lagOf(running) ?? null,
    ...(kind === "consumer" && name !== "deliverer" ? { behind: group?.behind ?? null } : {})
  }
}

const healthOf = (
  name: string,
  kind: "actor" | "consumer",
  { bus, groups, queues, gone }: SystemObservation,
  queue: StageHealth | undefined
): StageHealth => {
  const group = groups.get(name)
  if (group !== undefined && group.running.length > 0) {
    const health = actorHealth(group.seen)
    return name === writer ? withRefusals(health, group.seen.refused) : health
  }
  if (!bus.isAnswering) return unreachableActorHealth(bus.trouble, kind === "consumer" ? kind : name, queues)
  const lastSeenAgo = group?.seen.lastSeenAgo ?? gone.get(name)?.lastSeenAgo
  const crash = group?.seen.crash ?? gone.get(name)?.crash
  return absentActorHealth({ name, lastSeenAgo, crash, bus, queue, othersPush: fromOthers(queues) > 0 })
}

const queueStage = (queues: ReadonlyArray<QueueObservation>, health: StageHealth): StageView => {
  const sum = (count: (queue: NonNullable<QueueObservation["ledger"]>) => number): Figure =>
    sumOf(
      queues.map(({ ledger, trouble }) =>
        ledger === undefined || trouble !== undefined ? null : count(ledger)
      )
    )
  return {
    name: "queue",
    kind: "queue",
    ...health,
    instances: 0,
    rate: sumOf(queues.map((one) => one.rate)),
    failedRate: 0,
    rejectedRate: 0,
    events: sum(({ taken }) => taken),
    failed: 0,
    rejected: 0,
    waiting: sum(({ waiting }) => waiting),
    inFlight: sum(({ inFlight }) => inFlight),
    dead: sum(({ deadLetters }) => deadLetters)
  }
}

/** The log, with the figures of the bridges that write to it. */
const logStage = (seen: SystemObservation, bridge: StageView): StageView => {
  const { groups, own } = seen
  const writers = groups.get(writer)?.seen
  const found = own.seams.log ?? writers?.unreachable.log
  const trouble = found === "ok" ? undefined : found
  const { rate, failedRate, rejectedRate, events, failed, rejected } = bridge
  return {
    name: "log",
    kind: "log",
    ...withRefusals(logHealth(trouble, bridge, writers), refusedBy(seen)),
    instances: 0,
    rate: minus(rate, failedRate),
    failedRate: 0,
    rejectedRate,
    events: minus(events, failed),
    failed: 0,
    rejected
  }
}

const total = (running: ReadonlyArray<Instance>, count: (sample: StatsSample) => number): number =>
  running.reduce((sum, { last }) => sum + count(last), 0)

/** The rate of all instances with at least two samples; null if there are only new ones. */
const rate = (running: ReadonlyArray<Instance>, count: (sample: StatsSample) => number): Figure => {
  const rates = running.map((instance) => rateOf(instance, count)).filter((one) => one !== null)
  return rates.length === 0 && running.length > 0 ? null : sumOf(rates)
}

/** The sum over the instances that report the figure; null if none does. */
const sumReported = (
  running: ReadonlyArray<Instance>,
  read: (sample: StatsSample) => number | undefined
): Figure => {
  const values = running.map(({ last }) => read(last)).filter((one) => one !== undefined)
  return values.length === 0 && running.length > 0 ? null : sumOf(values)
}

/** The sum; null if any of them is unknown. */
const sumOf = (figures: ReadonlyArray<Figure>): Figure =>
  figures.some((one) => one === null)
    ? null
    : rounded(figures.reduce<number>((sum, one) => sum + (one ?? 0), 0))

const minus = (whole: Figure, part: Figure): Figure =>
  whole === null || part === null ? null : rounded(whole - part)

/** The largest lag of the instances with a message within the last seconds; else that of the one whose message was last. */
const lagOf = (running: ReadonlyArray<Instance>): number | undefined => {
  const active = running.filter((instance) => workOf(instance).messages > 0)
  const newest = running.toSorted(
    (one, other) => (other.last.figures.lastAt ?? 0) - (one.last.figures.lastAt ?? 0)
  )
  const lags = (active.length > 0 ? active : newest.slice(0, 1)).map(({ last }) => last.figures.lag)
  const known = lags.filter((lag) => lag !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
