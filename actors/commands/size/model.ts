/** The capacity that a rate of events needs: pods, cores and memory of each actor, memory of Redis, disk of Kafka. Pure. */
import type { ActorCost, Costs } from "./costs.ts"

/** What is asked. */
export interface Demand {
  /** The highest rate, events per second. */
  readonly perSecond: number
  /** How long Kafka keeps records, seconds. */
  readonly retention: number
  /** The longest outage of NATS or Kafka during which events are accepted, seconds. */
  readonly outage: number
  /** Bytes of a line in the queue. */
  readonly bytes: number
  readonly replication: number
  /** Partitions of the topic; undefined: as many as are needed. */
  readonly partitions?: number | undefined
}

/** One actor. */
export interface ActorSize {
  readonly actor: string
  readonly pods: number
  /** Cores that all its pods use at the highest rate. */
  readonly cores: number
  /** Memory of one pod, bytes: the highest that was measured, and a quarter. */
  readonly memory: number
}

export interface Size {
  readonly actors: ReadonlyArray<ActorSize>
  readonly redis: {
    /** Lines that wait at the end of the outage, and their bytes. */
    readonly lines: number
    readonly waiting: number
    /** For `maxmemory`, bytes: the gateway refuses at 60 % of it (QUEUE_MAX_BYTES). */
    readonly maxmemory: number
    /** Of the machine, bytes: twice that, for the copy from which the append-only file is rewritten. */
    readonly memory: number
    readonly disk: number
  }
  readonly kafka: {
    readonly partitions: number
    /** Bytes of a record on the disk, in one replica. */
    readonly record: number
    /** Of all brokers together, bytes: all replicas, and a fifth of it free. */
    readonly disk: number
    /** Records that all brokers together write per second. */
    readonly written: number
  }
  /** Seconds until the backlog of the outage is gone. */
  readonly catchUp: number
  /** What the demand needs besides, one sentence each. */
  readonly warnings: ReadonlyArray<string>
}

/** An actor uses at most one core, and is planned for half of it: the other half is for catching up. */
const plannedShare = 0.5

const megabyte = 1_000_000

/** What Kafka deletes at once: it keeps one segment of each partition more than `retention` says. */
const segment = 1024 ** 3

/** The rate at which small batches were measured, events per second; above it they become fuller, not more. */
const smallRate = 1000

const defaultPartitions = 12
const queueMaxLength = 10_000_000

/** The least `maxmemory`, bytes: that of the Helm chart. */
const minMaxmemory = 1_000 * megabyte

const memoryOf = (megabytes: number): number => Math.ceil(megabytes * 1.25) * megabyte

const podsFor = (cores: number, atLeast: number): number =>
  Math.max(atLeast, Math.ceil(cores / plannedShare - 1e-9))

const sizeOf = (
  actor: string,
  { full, small, memory }: ActorCost,
  copiesFactor: number,
  perSecond: number,
  atLeast: number
): ActorSize => {
  const alone = (full.value * perSecond) / 1e6
  const batches = (Math.max(0, small.value - full.value) * Math.min(perSecond, smallRate)) / 1e6
  const work = batches + (podsFor(alone, 1) > 1 ? alone * copiesFactor : alone)
  const pods = podsFor(work, atLeast)
  return { actor, pods, cores: work, memory: memoryOf(memory.value) }
}

/** What the demand needs. */
export const sizeFor = (costs: Costs, demand: Demand): Size => {
  const { perSecond, outage } = demand
  const gatewayWork = perSecond / costs.gateway.perSecond.value
  // One more, so that one may fail.
  const gateways = podsFor(gatewayWork, 1) + 1
  const gateway: ActorSize = {
    actor: "gateway",
    pods: gateways,
    cores: gatewayWork,
    memory: memoryOf(costs.gateway.memory.value)
  }
  const factor = costs.copiesFactor.value
  const pipeline = Object.entries(costs.pipeline).map(([actor, cost]) =>
    sizeOf(actor, cost, factor, perSecond, 2)
  )
  const wanted = Object.entries(costs.readers).map(([actor, cost]) =>
    sizeOf(actor, cost, factor, perSecond, 1)
  )
  const mostConsumers = Math.max(...wanted.filter(({ actor }) => actor !== "viewer").map(({ pods }) => pods))
  const partitions = demand.partitions ?? Math.max(defaultPartitions, 2 * mostConsumers)
  // Pages and charts are one process each.
  const readers = wanted.map((one) => ({
    ...one,
    pods: one.actor === "viewer" ? 1 : Math.min(one.pods, partitions)
  }))
  const lines = perSecond * outage
  return {
    actors: [gateway, ...pipeline, ...readers],
    redis: redisFor(costs, demand, lines),
    kafka: kafkaFor(costs, demand, partitions),
    // The pods are planned for half of what they can do.
    catchUp: outage,
    warnings: warningsOf(demand, mostConsumers, lines, wanted)
  }
}

const redisFor = ({ lineOverhead }: Costs, { bytes }: Demand, lines: number): Size["redis"] => {
  const waiting = lines * (bytes + lineOverhead.value)
  const maxmemory = Math.max(minMaxmemory, waiting / 0.6)
  return { lines, waiting, maxmemory, memory: 2 * maxmemory, disk: 3 * maxmemory }
}

const kafkaFor = (
  costs: Costs,
  { perSecond, retention, bytes, replication }: Demand,
  partitions: number
): Size["kafka"] => {
  const record = (costs.record.value * bytes) / costs.line.value
  const kept = perSecond * retention * record
  const disk = ((kept + Math.min(kept, partitions * segment)) * replication) / 0.8
  return { partitions, record, disk, written: perSecond * replication }
}

const warningsOf = (
  { partitions, perSecond }: Demand,
  consumers: number,
  lines: number,
  wanted: ReadonlyArray<ActorSize>
): ReadonlyArray<string> => [
  ...(partitions !== undefined && partitions < consumers
    ? [
        `A consumer needs ${consumers} pods, but only ${partitions} can work: use ${consumers} partitions or more.`
      ]
    : []),
  ...(lines > queueMaxLength
    ? [
        `${Math.ceil(lines).toLocaleString("en")} lines wait at the end of the outage: set QUEUE_MAX_LENGTH above that.`
      ]
    : []),
  ...(wanted.some(({ actor, pods }) => actor === "viewer" && pods > 2)
    ? [`One viewer cannot read ${Math.ceil(perSecond).toLocaleString("en")} events/s: its charts lag behind.`]
    : [])
]
