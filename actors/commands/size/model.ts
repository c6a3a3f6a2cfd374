/** The capacity that a rate of events needs: pods, cores and memory of each actor, memory of Redis, disk of Kafka. Pure. */
import {
  type ActorCost,
  consumerCosts,
  copiesFactor,
  gatewayCost,
  pipelineCosts,
  storage,
  viewerMemory
} from "./costs.ts"

/** What is asked. */
export interface Demand {
  /** The highest rate, events per second. */
  readonly perSecond: number
  /** How long Kafka keeps records, seconds. */
  readonly retention: number
  /** The longest outage of what is behind Redis that loses and refuses nothing, seconds. */
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
    /** For `maxmemory`: the gateway refuses at 60 % of it (QUEUE_MAX_BYTES). */
    readonly maxmemory: number
    /** Of the machine: twice, while the append-only file is rewritten. */
    readonly memory: number
    readonly disk: number
  }
  readonly kafka: {
    readonly partitions: number
    /** Bytes of a record on the disk, once. */
    readonly record: number
    /** Of all brokers together, all replicas, a fifth of it free. */
    readonly disk: number
    /** Records a second that all brokers write. */
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
const segment = 1024 ** 3

/** The rate at which `small` was measured, events per second. */
const smallRate = 1000

const defaultPartitions = 12

/** The highest resident memory, and a quarter. */
const memoryOf = (megabytes: number): number => Math.ceil(megabytes * 1.25) * megabyte

/** Cores of all copies at a rate: what small batches cost, which does not grow with the rate, and what each event does. */
const coresOf = ({ full, small }: ActorCost, perSecond: number): number => {
  const batches = ((small.value - full.value) * Math.min(perSecond, smallRate)) / 1e6
  const alone = (full.value * perSecond) / 1e6
  return batches + (alone > plannedShare ? alone * copiesFactor.value : alone)
}

const podsFor = (cores: number, atLeast: number): number =>
  Math.max(atLeast, Math.ceil(cores / plannedShare - 1e-9))

const sizeOf = (actor: string, cost: ActorCost, perSecond: number, atLeast: number): ActorSize => {
  const cores = coresOf(cost, perSecond)
  return { actor, cores, pods: podsFor(cores, atLeast), memory: memoryOf(cost.memory.value) }
}

/** What the demand needs. */
export const sizeFor = (demand: Demand): Size => {
  const { perSecond, retention, outage, bytes, replication } = demand
  const gatewayCores = perSecond / gatewayCost.perSecond.value
  const gateway: ActorSize = {
    actor: "gateway",
    cores: gatewayCores,
    // One more, so that one may fail.
    pods: podsFor(gatewayCores, 1) + 1,
    memory: memoryOf(gatewayCost.memory.value)
  }
  const pipeline = Object.entries(pipelineCosts).map(([actor, cost]) => sizeOf(actor, cost, perSecond, 2))
  const consumers = Object.entries(consumerCosts).map(([actor, cost]) => sizeOf(actor, cost, perSecond, 1))
  const mostConsumers = Math.max(...consumers.map(({ pods }) => pods))
  const partitions = demand.partitions ?? Math.max(defaultPartitions, 2 * mostConsumers)
  const viewer: ActorSize = { actor: "viewer", cores: 0.1, pods: 1, memory: memoryOf(viewerMemory.value) }
  const lines = perSecond * outage
  const waiting = lines * (bytes + storage.lineOverhead.value)
  const maxmemory = Math.max(1_000 * megabyte, waiting / 0.6)
  const record = (storage.record.value * bytes) / storage.line.value
  return {
    actors: [
      gateway,
      ...pipeline,
      ...consumers.map((one) => ({ ...one, pods: Math.min(one.pods, partitions) })),
      viewer
    ],
    redis: { lines, waiting, maxmemory, memory: 2 * maxmemory, disk: 3 * maxmemory },
    kafka: {
      partitions,
      record,
      // Kafka deletes whole segments: one more of each partition is on the disk.
      disk:
        ((perSecond * retention * record + Math.min(partitions * segment, perSecond * retention * record)) *
          replication) /
        0.8,
      written: perSecond * replication
    },
    // The pods are planned for half of what they can do.
    catchUp: outage,
    warnings: warningsOf(demand, mostConsumers, lines)
  }
}

const queueMaxLength = 10_000_000

const warningsOf = ({ partitions }: Demand, consumers: number, lines: number): ReadonlyArray<string> => [
  ...(partitions !== undefined && partitions < consumers
    ? [
        `${consumers} pods of a consumer are needed, but only ${partitions} can work: use ${consumers} partitions or more.`
      ]
    : []),
  ...(lines > queueMaxLength
    ? [
        `${Math.ceil(lines).toLocaleString("en")} lines wait at the end of the outage: set QUEUE_MAX_LENGTH above that.`
      ]
    : [])
]
