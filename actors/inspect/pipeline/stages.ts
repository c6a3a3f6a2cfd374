/** The stages of the flow, made of what was seen of actors, queue and log. Pure. */
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
  type Said,
  workOf
} from "./instances.ts"
import { fromOthers, type QueueObservation } from "./queues.ts"
import type { Figure, StageView } from "./system-view.ts"

export interface Seen {
  readonly bus: BusObservation
  readonly groups: ReadonlyMap<string, ActorGroup>
  /** The servers of the queue; none when this process cannot ask them. */
  readonly queues: ReadonlyArray<QueueObservation>
  /** The systems as this process finds them. */
  readonly own: SystemsFound
  /** Actors that were there within the last hour and are no longer, by name. */
  readonly gone: ReadonlyMap<string, Gone>
}

/** The actors of the flow, in its order; the consumers come behind them. */
export const flow: ReadonlyArray<string> = ["gateway", "drainer", "enricher", "bridge"]

/** Who writes to the log. Those who read it over the same connections are told what it refuses, and do not suffer. */
const writer = "bridge"

const refusedBy = ({ groups }: Seen): string => groups.get(writer)?.seen.refused ?? ""

/** In the order of the flow; then the consumers by name. */
export const stagesOf = (seen: Seen): ReadonlyArray<StageView> => {
  const { queues, groups, gone } = seen
  const queue = queues.length === 0 ? undefined : queueHealth(queues, refusedBy(seen))
  const actor = (name: string): StageView => actorStage(name, "actor", seen, queue)
  const bridge = actor("bridge")
  const consumers = [...groups, ...gone].filter(([, { isReader }]) => isReader).map(([name]) => name)
  return [
    actor("gateway"),
    ...(queue === undefined ? [] : [queueStage(queues, queue)]),
    actor("drainer"),
    actor("enricher"),
    bridge,
    logStage(seen, bridge),
    ...[...new Set(consumers)].sort().map((name) => actorStage(name, "consumer", seen, queue))
  ]
}

const actorStage = (
  name: string,
  kind: "actor" | "consumer",
  seen: Seen,
  queue: StageHealth | undefined
): StageView => {
  const group = seen.groups.get(name)
  const running = group?.running ?? []
  const work = running.map(workOf)
  const messages = work.reduce((sum, one) => sum + one.messages, 0)
  const busy = work.reduce((sum, one) => sum + one.busy, 0)
  // Where others cannot be seen, that nobody answers does not mean that nobody runs.
  const isSeen = running.length > 0 || (seen.bus.isAsked && !seen.bus.embedded)
  const known = (value: Figure): Figure => (isSeen ? value : null)
  return {
    name,
    kind,
    ...judge(name, kind, seen, queue),
    instances: known(running.length),
    rate: known(rate(running, handledIn)),
    failedRate: known(rate(running, failedIn)),
    rejectedRate: known(rate(running, rejectedIn)),
    events: known(total(running, handledIn)),
    failed: known(total(running, failedIn)),
    rejected: known(total(running, rejectedIn)),
    underWay: known(told(running, ({ figures }) => figures.underWay)),
    capacity: known(told(running, ({ figures }) => figures.capacity)),
    took: messages > 0 ? rounded(busy / messages) : null,
    lag: lagOf(running) ?? null,
    ...(kind === "consumer" ? { behind: group?.behind ?? null } : {})
  }
}

const judge = (
  name: string,
  kind: "actor" | "consumer",
  { bus, groups, queues, gone }: Seen,
  queue: StageHealth | undefined
): StageHealth => {
  const group = groups.get(name)
  if (group !== undefined && group.running.length > 0) {
    const judgement = actorHealth(group.seen)
    return name === writer ? withRefusals(judgement, group.seen.refused) : judgement
  }
  if (!bus.isAsked) return unreachableActorHealth(bus.trouble, kind === "consumer" ? kind : name, queues)
  const heardAgo = group?.seen.heardAgo ?? gone.get(name)?.heardAgo
  return absentActorHealth({ name, heardAgo, bus, queue, othersPush: fromOthers(queues) > 0 })
}

const queueStage = (queues: ReadonlyArray<QueueObservation>, judgement: StageHealth): StageView => {
  const sum = (count: (queue: NonNullable<QueueObservation["ledger"]>) => number): Figure =>
    sumOf(
      queues.map(({ ledger, trouble }) =>
        ledger === undefined || trouble !== undefined ? null : count(ledger)
      )
    )
  return {
    name: "queue",
    kind: "queue",
    ...judgement,
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

/** What the bridges stored. */
const logStage = (seen: Seen, bridge: StageView): StageView => {
  const { groups, own } = seen
  const writers = groups.get(writer)?.seen
  const found = own.seams.log ?? writers?.cutOff.log
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

const total = (running: ReadonlyArray<Instance>, count: (said: Said) => number): number =>
  running.reduce((sum, { last }) => sum + count(last), 0)

/** Of those that spoke twice; one that just came has no rate yet. Null where there is none but such. */
const rate = (running: ReadonlyArray<Instance>, count: (said: Said) => number): Figure => {
  const rates = running.map((instance) => rateOf(instance, count)).filter((one) => one !== null)
  return rates.length === 0 && running.length > 0 ? null : sumOf(rates)
}

/** Of those that say it; null where none does. */
const told = (running: ReadonlyArray<Instance>, read: (said: Said) => number | undefined): Figure => {
  const values = running.map(({ last }) => read(last)).filter((one) => one !== undefined)
  return values.length === 0 && running.length > 0 ? null : sumOf(values)
}

/** Null when one of them is not known. */
const sumOf = (figures: ReadonlyArray<Figure>): Figure =>
  figures.some((one) => one === null)
    ? null
    : rounded(figures.reduce<number>((sum, one) => sum + (one ?? 0), 0))

const minus = (whole: Figure, part: Figure): Figure =>
  whole === null || part === null ? null : rounded(whole - part)

/** The worst of those that had a message within the last seconds; else of the one that had one last. */
const lagOf = (running: ReadonlyArray<Instance>): number | undefined => {
  const active = running.filter((instance) => workOf(instance).messages > 0)
  const newest = running.toSorted(
    (one, other) => (other.last.figures.lastAt ?? 0) - (one.last.figures.lastAt ?? 0)
  )
  const lags = (active.length > 0 ? active : newest.slice(0, 1)).map(({ last }) => last.figures.lag)
  const known = lags.filter((lag) => lag !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
