/** The stages of the flow, made of what was seen of actors, queue and log. Pure. */
import type { SystemsFound } from "../system/health.ts"
import type { ActorGroup } from "./actors-seen.ts"
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
import {
  type BusSeen,
  type Judgement,
  judgeAbsent,
  judgeActor,
  judgeLog,
  judgeQueue,
  judgeRefused,
  judgeUnasked
} from "./judge.ts"
import { fromOthers, type QueueSeen } from "./queues.ts"
import type { StageView } from "./system-view.ts"
import { rounded } from "./words.ts"

export interface Seen {
  readonly bus: BusSeen
  readonly groups: ReadonlyMap<string, ActorGroup>
  /** The servers of the queue; none when this process cannot ask them. */
  readonly queues: ReadonlyArray<QueueSeen>
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
  const queue = queues.length === 0 ? undefined : judgeQueue(queues, refusedBy(seen))
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
  queue: Judgement | undefined
): StageView => {
  const group = seen.groups.get(name)
  const running = group?.running ?? []
  const work = running.map(workOf)
  const messages = work.reduce((sum, one) => sum + one.messages, 0)
  const busy = work.reduce((sum, one) => sum + one.busy, 0)
  const lag = lagOf(running)
  return {
    name,
    kind,
    ...judge(name, kind, seen, queue),
    instances: running.length,
    rate: rate(running, handledIn),
    failedRate: rate(running, failedIn),
    rejectedRate: rate(running, rejectedIn),
    events: total(running, handledIn),
    failed: total(running, failedIn),
    rejected: total(running, rejectedIn),
    underWay: total(running, ({ figures }) => figures.underWay ?? 0),
    capacity: total(running, ({ figures }) => figures.capacity ?? 0),
    ...(messages > 0 ? { took: rounded(busy / messages) } : {}),
    ...(lag === undefined ? {} : { lag }),
    ...(kind === "consumer" ? { behind: group?.behind ?? 0 } : {})
  }
}

const judge = (
  name: string,
  kind: "actor" | "consumer",
  { bus, groups, queues, gone }: Seen,
  queue: Judgement | undefined
): Judgement => {
  const group = groups.get(name)
  if (group !== undefined && group.running.length > 0) {
    const judgement = judgeActor(group.seen)
    return name === writer ? judgeRefused(judgement, group.seen.refused) : judgement
  }
  if (!bus.isAsked) return judgeUnasked(bus.trouble, kind === "actor" && name !== "gateway", queues)
  const heardAgo = group?.seen.heardAgo ?? gone.get(name)?.heardAgo
  return judgeAbsent({ name, heardAgo, bus, queue, othersPush: fromOthers(queues) > 0 })
}

const queueStage = (queues: ReadonlyArray<QueueSeen>, judgement: Judgement): StageView => {
  const sum = (count: (queue: NonNullable<QueueSeen["ledger"]>) => number): number =>
    queues.reduce((all, { ledger }) => all + (ledger === undefined ? 0 : count(ledger)), 0)
  return {
    name: "queue",
    kind: "queue",
    ...judgement,
    instances: 0,
    rate: rounded(queues.reduce((all, one) => all + one.rate, 0)),
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
    ...judgeRefused(judgeLog(trouble, bridge, writers), refusedBy(seen)),
    instances: 0,
    rate: rounded(rate - failedRate),
    failedRate: 0,
    rejectedRate,
    events: events - failed,
    failed: 0,
    rejected
  }
}

const total = (running: ReadonlyArray<Instance>, count: (said: Said) => number): number =>
  running.reduce((sum, { last }) => sum + count(last), 0)

const rate = (running: ReadonlyArray<Instance>, count: (said: Said) => number): number =>
  rounded(running.reduce((sum, instance) => sum + rateOf(instance, count), 0))

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
