/**
 * What a set of connections knows of the cluster: its brokers, who leads which partition, where the records of a time
 * lie. Made for one user and lives as long as its connections.
 */
import type { Topic } from "../../../contracts/ids.ts"
import type { BrokerAddress } from "./address.ts"
import type { Connections, Lane } from "./client.ts"
import { type Broker, brokerError, requests } from "./connection.ts"
import { BrokerError, NotConnected } from "./errors.ts"

export interface Partition {
  readonly topic: Topic
  readonly partition: number
}

/** A name for a partition, for maps. */
export const placeOf = (topic: string, partition: number): string => `${partition} ${topic}`

/** The numbers of the partitions by topic, as requests have them. */
export const partitionsByTopic = (
  partitions: ReadonlyArray<Partition>
): ReadonlyMap<Topic, Array<number>> => {
  const topics = new Map<Topic, Array<number>>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return topics
}

/** A moment of a partition: its first record, behind its last one, or the first record of a time (ms since 1970) or later. */
export type Moment = "first" | "end" | number

export interface Cluster {
  /** Connects to the first of the brokers to begin with. */
  readonly connect: () => Promise<void>
  /** Asks any broker about these topics, and remembers the answer. Rejects with the first error of a topic. */
  readonly refresh: (topics: ReadonlyArray<string>) => Promise<void>
  /** Who leads each partition of the topic, by number; -1: nobody. Asks when it is not known. */
  readonly leadersOf: (topic: string) => Promise<ReadonlyArray<number>>
  /** The broker that leads the partition, connected. Nothing is stored by this. */
  readonly leaderOf: (topic: string, partition: number, lane?: Lane) => Promise<Broker>
  /** The broker of that number, connected. */
  readonly node: (id: number, lane?: Lane) => Promise<Broker>
  /** A connected broker, whichever. */
  readonly any: () => Promise<Broker>
  readonly brokerAt: (address: BrokerAddress, lane?: Lane) => Promise<Broker>
  /** Offsets of the moment, by `placeOf`; -1 where there is no such record. Of transactions, what is committed counts. */
  readonly offsets: (
    partitions: ReadonlyArray<Partition>,
    moment: Moment
  ) => Promise<ReadonlyMap<string, bigint>>
  /** Closes the connections at once. */
  readonly close: () => void
}

/** 1: of transactions, only what is committed. */
export const isolationLevel = 1

/** How long the leaders of a topic are remembered, milliseconds. */
export const metadataMaxAgeMs = 300_000

/** How the protocol writes the moments that are no times. */
const timestampOf = (moment: Moment): bigint =>
  moment === "first" ? -2n : moment === "end" ? -1n : BigInt(Math.floor(moment))

/** What the broker, which leads these partitions, answers: each offset by `placeOf`. */
const offsetsOn = async (
  broker: Broker,
  partitions: ReadonlyArray<Partition>,
  moment: Moment
): Promise<ReadonlyArray<readonly [string, bigint]>> => {
  const timestamp = timestampOf(moment)
  const asked = Array.from(partitionsByTopic(partitions), ([name, indexes]) => ({
    name,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }))
  }))
  const { topics } = await broker.call(requests.listOffsets, -1, isolationLevel, asked)
  return topics.flatMap(({ name, partitions: answered }) =>
    answered.map(({ partitionIndex, offset }) => [placeOf(name, partitionIndex), offset] as const)
  )
}

/** The first broker that is connected or, where none is, that can be connected. */
const firstOf = async (
  connections: Connections,
  addresses: ReadonlyArray<BrokerAddress>
): Promise<Broker> => {
  const open = addresses.find(connections.isOpen)
  if (open !== undefined) return connections.broker(open)
  let failure: unknown
  for (const address of addresses) {
    try {
      return await connections.broker(address)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

export const makeCluster = (connections: Connections): Cluster => {
  let nodes: ReadonlyMap<number, BrokerAddress> = new Map()
  const known = new Map<string, { readonly leaders: ReadonlyArray<number>; readonly until: number }>()

  const any = (): Promise<Broker> => firstOf(connections, [...nodes.values(), ...connections.bootstrap])

  const refresh = async (topics: ReadonlyArray<string>): Promise<void> => {
    const broker = await any()
    const answer = await broker.call(requests.metadata, [...topics], false, false)
    nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    let failed = 0
    for (const { name, errorCode, partitions } of answer.topics) {
      const leaders: Array<number> = []
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId
      if (errorCode === 0) known.set(name, { leaders, until: performance.now() + metadataMaxAgeMs })
      else known.delete(name)
      failed ||= errorCode
    }
    if (failed !== 0) throw brokerError(failed)
  }

  const leadersOf = async (topic: string): Promise<ReadonlyArray<number>> => {
    const before = known.get(topic)
    if (before !== undefined && before.until > performance.now()) return before.leaders
    await refresh([topic])
    return known.get(topic)?.leaders ?? []
  }

  const node = (id: number, lane?: Lane): Promise<Broker> => {
    const address = nodes.get(id)
    return address === undefined
      ? Promise.reject(new NotConnected(`there is no broker ${id} now`))
      : connections.broker(address, lane)
  }

  const leaderIdOf = async (topic: string, partition: number): Promise<number> => {
    const leader = (await leadersOf(topic))[partition]
    if (leader === undefined) throw new Error(`${topic} has no partition ${partition}`)
    if (leader >= 0) return leader
    known.delete(topic)
    throw new BrokerError("LEADER_NOT_AVAILABLE", "the partition has no leader now")
  }

  const offsets: Cluster["offsets"] = async (partitions, moment) => {
    try {
      const byLeader = new Map<number, Array<Partition>>()
      for (const one of partitions) {
        const leader = await leaderIdOf(one.topic, one.partition)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), one])
      }
      const answers = Array.from(byLeader, async ([leader, led]) =>
        offsetsOn(await node(leader), led, moment)
      )
      return new Map((await Promise.all(answers)).flat())
    } catch (error) {
      for (const { topic } of partitions) known.delete(topic)
      throw error
    }
  }

  return {
    connect: async () => {
      const [first] = connections.bootstrap
      if (first !== undefined) await connections.broker(first)
    },
    refresh,
    leadersOf,
    leaderOf: async (topic, partition, lane) => node(await leaderIdOf(topic, partition), lane),
    node,
    any,
    brokerAt: connections.broker,
    offsets,
    close: connections.close
  }
}
