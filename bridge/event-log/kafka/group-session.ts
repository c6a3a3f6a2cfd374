/**
 * Membership of a group, as the group's coordinator keeps it: joining and joining again, heartbeats, committed offsets,
 * leaving. The coordinator is looked up anew whenever it has moved or cannot be reached. Lives as long as one member.
 */
import type { Topic } from "../../../contracts/ids.ts"
import type { BrokerAddress } from "./address.ts"
import type { Lane } from "./client.ts"
import { type Cluster, type Partition, partitionsByTopic, placeOf } from "./cluster.ts"
import { type Broker, groupProtocol, requests } from "./connection.ts"
import { BrokerError, coordinatorChanged, groupChanged, isLoginRefused } from "./errors.ts"

export interface GroupSettings {
  readonly group: string
  readonly topics: ReadonlyArray<Topic>
  /** A member without a heartbeat for so long is removed from the group, milliseconds. */
  readonly sessionTimeoutMs: number
  /** How long the coordinator waits for members to join again, milliseconds. */
  readonly rebalanceTimeoutMs: number
}

export interface GroupSession {
  /** Joins the group, or joins it again. Resolves with the partitions that are assigned to this member. */
  readonly join: () => Promise<ReadonlyArray<Partition>>
  /** Rejects when the group has changed (`groupChanged`), or with why the coordinator could not be asked. */
  readonly heartbeat: () => Promise<void>
  /** The committed offsets by `placeOf`; negative where nothing is committed. */
  readonly committed: (partitions: ReadonlyArray<Partition>) => Promise<ReadonlyMap<string, bigint>>
  readonly commit: (partition: Partition, offset: bigint) => Promise<void>
  /** Has one of the topics another number of partitions than when this member, as the leader, assigned them? */
  readonly isOutdated: () => Promise<boolean>
  /** Leaves the group, within the time. Never rejects. */
  readonly leave: (timeoutMs: number) => Promise<void>
}

/** The name and version under which members of earlier versions of Spoor assign partitions: they share groups. */
const assignerName = "RoundRobinAssigner"
const protocolVersion = 0

/** Delays before a request is sent to the coordinator again grow from the first to the second, for at most the third. */
const firstDelayMs = 100
const maxDelayMs = 2_000
const retryForMs = 10_000

export const makeGroupSession = (cluster: Cluster, settings: GroupSettings): GroupSession => {
  const { group, topics } = settings
  const coordinator = makeCoordinator(cluster, group)
  const { once, retried } = coordinator
  let member: Member = { id: "", generation: -1 }
  let assignedCounts: ReadonlyMap<string, number> | undefined
  let isClosed = false

  const join = async (): Promise<ReadonlyArray<Partition>> => {
    while (true) {
      await cluster.refresh(topics)
      try {
        const joined = await joinOnce(coordinator, cluster, settings, member.id)
        member = joined.member
        assignedCounts = joined.counts
        return joined.partitions
      } catch (error) {
        if (isClosed) throw error
        if (error instanceof BrokerError && error.type === "MEMBER_ID_REQUIRED")
          member = { id: error.memberId ?? "", generation: -1 }
        else if (!groupChanged(error)) throw error
        else if (error instanceof BrokerError && error.type === "UNKNOWN_MEMBER_ID")
          member = { id: "", generation: -1 }
        else await sleep(firstDelayMs)
      }
    }
  }

  return {
    join,
    heartbeat: async () => {
      await once((broker) => broker.call(requests.heartbeat, group, member.generation, member.id, null))
    },
    committed: (partitions) => retried((broker) => committedOffsets(broker, group, partitions)),
    commit: async ({ topic, partition }, offset) => {
      const place = { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1 }
      const committed = [{ name: topic, partitions: [place] }]
      await retried((broker) =>
        broker.call(requests.offsetCommit, group, member.generation, member.id, null, committed)
      )
    },
    isOutdated: async () => {
      if (assignedCounts === undefined) return false
      await cluster.refresh(topics)
      for (const topic of topics)
        if ((await cluster.leadersOf(topic)).length !== assignedCounts.get(topic)) return true
      return false
    },
    leave: async (timeoutMs) => {
      isClosed = true
      coordinator.close()
      if (member.id === "") return
      const leaving = once((broker) =>
        broker.call(requests.leaveGroup, group, [{ memberId: member.id, groupInstanceId: null }])
      )
      await withinTime(leaving, timeoutMs)
    }
  }
}

/** What the coordinator knows this member by. */
interface Member {
  readonly id: string
  readonly generation: number
}

/** Joins once, and assigns the partitions where this member is made the leader. Rejects when the group changes meanwhile. */
const joinOnce = async (
  { retried }: Coordinator,
  cluster: Cluster,
  { group, topics, sessionTimeoutMs, rebalanceTimeoutMs }: GroupSettings,
  memberId: string
) => {
  const metadata = groupProtocol.encodeSubscription({ version: protocolVersion, topics: [...topics] })
  const protocols = [{ name: assignerName, metadata }]
  const timeouts = [sessionTimeoutMs, rebalanceTimeoutMs] as const
  const joined = await retried(
    (broker) => broker.call(requests.joinGroup, group, ...timeouts, memberId, null, "consumer", protocols),
    "join"
  )
  const member: Member = { id: joined.memberId, generation: joined.generationId }
  const isLeader = joined.leader === member.id
  const { counts, assignments } = isLeader
    ? await assign(cluster, joined.members)
    : { counts: undefined, assignments: [] }
  const place = [group, member.generation, member.id, null] as const
  const { assignment } = await retried(
    (broker) => broker.call(requests.syncGroup, ...place, "consumer", assignerName, assignments),
    "join"
  )
  return { member, counts, partitions: partitionsIn(assignment, topics) }
}

type Coordinator = ReturnType<typeof makeCoordinator>

/** The broker that coordinates a group. It is looked up when it is first needed, and anew when it has moved. */
const makeCoordinator = (cluster: Cluster, group: string) => {
  let coordinator: BrokerAddress | undefined
  let isClosed = false

  const findCoordinator = async (lane: Lane): Promise<Broker> => {
    if (coordinator === undefined) {
      const broker = await cluster.any()
      const [found] = (await broker.call(requests.findCoordinator, 0, [group])).coordinators
      if (found === undefined)
        throw new BrokerError("COORDINATOR_NOT_AVAILABLE", "the group has no coordinator")
      coordinator = { host: found.host, port: found.port }
    }
    return cluster.brokerAt(coordinator, lane)
  }

  const once = async <A>(work: (broker: Broker) => Promise<A>, lane: Lane = "main"): Promise<A> => {
    try {
      return await work(await findCoordinator(lane))
    } catch (error) {
      if (coordinatorChanged(error)) coordinator = undefined
      throw error
    }
  }

  /** Sends again while the coordinator moves. */
  const retried = async <A>(work: (broker: Broker) => Promise<A>, lane: Lane = "main"): Promise<A> => {
    const until = performance.now() + retryForMs
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      try {
        return await once(work, lane)
      } catch (error) {
        const isOver = isClosed || performance.now() > until
        if (isOver || !coordinatorChanged(error) || isLoginRefused(error)) throw error
        await sleep(delayMs)
      }
    }
  }

  const close = (): void => {
    isClosed = true
  }
  return { once, retried, close }
}

const committedOffsets = async (
  broker: Broker,
  group: string,
  partitions: ReadonlyArray<Partition>
): Promise<ReadonlyMap<string, bigint>> => {
  const asked = [...partitionsByTopic(partitions)].map(([name, partitionIndexes]) => ({
    name,
    partitionIndexes
  }))
  const answer = await broker.call(requests.offsetFetch, [{ groupId: group, topics: asked }], false)
  const offsets = new Map<string, bigint>()
  for (const { name, partitions: answered } of answer.topics)
    for (const { partitionIndex, committedOffset } of answered)
      offsets.set(placeOf(name, partitionIndex), committedOffset)
  return offsets
}

/** What the leader of a group hands the coordinator for all members, and how many partitions each topic has. */
const assign = async (
  cluster: Cluster,
  members: ReadonlyArray<{ readonly memberId: string; readonly metadata: Buffer }>
) => {
  // The order of assigners of earlier versions, so that a join changes as little as possible.
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const subscribed = new Map(
    sorted.map(({ memberId, metadata }) => [
      memberId,
      { ...groupProtocol.decodeSubscription(metadata), memberId }
    ])
  )
  const topics = new Set([...subscribed.values()].flatMap((one) => one.topics))
  const counts = new Map<string, number>()
  for (const topic of topics)
    counts.set(
      topic,
      await cluster.leadersOf(topic).then(
        ({ length }) => length,
        () => 0
      )
    )
  const known = new Map(
    Array.from(counts, ([id, partitionsCount]) => [
      id,
      { id, partitions: [], partitionsCount, lastUpdate: 0 }
    ])
  )
  const metadata = { id: "", brokers: new Map(), controllerId: -1, topics: known, lastUpdate: 0 }
  const assigned = groupProtocol.assign("", subscribed, topics, metadata)
  const assignments = assigned.map(({ memberId, assignments: ofMember }) => ({
    memberId,
    assignment: groupProtocol.encodeAssignment({
      version: protocolVersion,
      assignedPartitions: [...ofMember.values()]
    })
  }))
  return { counts, assignments }
}

/** The partitions in the bytes of an assignment, which are none for a member without any. */
const partitionsIn = (assignment: Buffer, topics: ReadonlyArray<Topic>): ReadonlyArray<Partition> => {
  if (assignment.length === 0) return []
  const assigned = groupProtocol.decodeAssignment(assignment).assignedPartitions
  return topics.flatMap((topic) =>
    assigned
      .filter((one) => one.topic === topic)
      .flatMap(({ partitions }) => partitions.map((partition) => ({ topic, partition })))
  )
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

const withinTime = async (promise: Promise<unknown>, milliseconds: number): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([promise.catch(() => undefined), end])
  clearTimeout(timer)
}
