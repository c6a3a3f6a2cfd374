/**
 * Inspects Kafka for people who check a configuration: reachable, login, topics with their partitions and replicas, and
 * what our user may do with topics and groups. It only asks: it joins no group, writes nothing and makes no topic, and
 * Kafka makes none because of it. Its connections close when it ends or is interrupted.
 */
import { Effect } from "effect"
import type { Topic } from "../../../contracts/ids.ts"
import { type Finding, fault, ok, warning } from "../../finding.ts"
import type { ReaderGroup } from "../service.ts"
import type { KafkaAddress } from "./address.ts"
import { makeClients } from "./client.ts"
import { type Cluster, makeCluster } from "./cluster.ts"
import { type Broker, requests } from "./connection.ts"
import { answerOf, connectionFailed, connectionReason, isNotAllowed, sentence } from "./errors.ts"

export interface LogUse {
  readonly topics: ReadonlyArray<Topic>
  /** Does an actor append records? */
  readonly appends: boolean
  /** The consumer groups of the actors. */
  readonly groups: ReadonlyArray<ReaderGroup>
}

export interface LogInspection {
  readonly isReachable: boolean
  readonly findings: ReadonlyArray<Finding>
}

const requestTimeoutMs = 3_500

/** Numbers of operations in the protocol: the bits of an answer. */
const operations = { read: 3, write: 4 } as const
type Operation = keyof typeof operations

/** What stands for the operations where a broker, older than Kafka 2.3, does not tell them. */
const unknownOperations = -2_147_483_648

/** The topic in which Kafka itself keeps the groups' offsets. To ask who coordinates a group would make a missing one. */
const offsetsTopic = "__consumer_offsets"

const noError = 0
const unknownTopic = 3
const topicDenied = 29

/** Never fails: an unreachable Kafka is a finding. */
export const inspectKafka = (address: KafkaAddress, use: LogUse): Effect.Effect<LogInspection> =>
  Effect.promise(async (interrupted) => {
    const where = `Kafka at ${address.brokers.join(", ")}`
    const cluster = makeCluster(makeClients(address).open({ main: requestTimeoutMs }))
    interrupted.addEventListener("abort", cluster.close)
    try {
      const broker = await cluster.any()
      const answer = await broker.call(requests.metadata, [...use.topics, offsetsTopic], false, true)
      const brokers = answer.brokers.length
      const controller = answer.brokers.find(({ nodeId }) => nodeId === answer.controllerId)
      const offsets = answer.topics.find(({ name }) => name === offsetsTopic)
      const aboutTopics = answer.topics
        .filter((topic) => topic !== offsets)
        .map(async (topic) =>
          topic.errorCode === unknownTopic
            ? [await missingTopicFinding(topic.name, use, () => tryMaking(cluster, controller, topic.name))]
            : topicFindings(topic, use, brokers)
        )
      const aboutGroups = use.groups.map((group) =>
        groupFinding(broker, group, offsets?.errorCode === noError)
      )
      const findings = await Promise.all([
        ...answer.brokers.map((one) => unreachedFindings(cluster, one)),
        ...aboutTopics,
        ...aboutGroups.map(async (finding) => [await finding])
      ])
      const answers = ok(`${where} answers: ${brokers} broker${brokers === 1 ? "" : "s"}.`)
      return { isReachable: true, findings: [answers, ...findings.flat()] }
    } catch (error) {
      return { isReachable: false, findings: [fault(`${where} cannot be used: ${connectionReason(error)}.`)] }
    } finally {
      cluster.close()
    }
  })

interface NamedBroker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** Records go to the broker that leads their partition, at the address that the cluster names. */
const unreachedFindings = async (
  cluster: Cluster,
  { nodeId, host, port }: NamedBroker
): Promise<ReadonlyArray<Finding>> => {
  try {
    await cluster.brokerAt({ host, port })
    return []
  } catch (error) {
    const advice = "check the broker, its advertised.listeners, and the network from here"
    return [
      fault(
        `Kafka names ${host}:${port} for its broker ${nodeId}, which cannot be used: ${connectionReason(error)}; ${advice}.`
      )
    ]
  }
}

const allows = (bits: number, operation: Operation): boolean => (bits & (1 << operations[operation])) !== 0

interface TopicAnswer {
  readonly name: string
  readonly errorCode: number
  readonly partitions: ReadonlyArray<{
    readonly leaderId: number
    readonly replicaNodes: ReadonlyArray<number>
    readonly isrNodes: ReadonlyArray<number>
  }>
  readonly topicAuthorizedOperations: number
}

const topicFindings = (
  { name, errorCode, partitions, topicAuthorizedOperations }: TopicAnswer,
  { appends, groups }: LogUse,
  brokers: number
): ReadonlyArray<Finding> => {
  if (errorCode === topicDenied)
    return [fault(`Kafka does not allow our user to describe the topic ${name}: allow Describe on it.`)]
  if (errorCode !== noError)
    return [fault(`Kafka answers error ${errorCode} about the topic ${name}: see the broker's log.`)]
  const needed: ReadonlyArray<Operation> = [
    ...(appends ? ["write" as const] : []),
    ...(groups.length > 0 ? ["read" as const] : [])
  ]
  const areRightsTold = topicAuthorizedOperations !== unknownOperations
  const denied = needed.filter((operation) => areRightsTold && !allows(topicAuthorizedOperations, operation))
  const leaderless = partitions.filter(({ leaderId }) => leaderId < 0).length
  const lagging = partitions.filter(
    ({ isrNodes, replicaNodes }) => isrNodes.length < replicaNodes.length
  ).length
  const replicas = Math.min(...partitions.map(({ replicaNodes }) => replicaNodes.length))
  return [
    ...(denied.length === 0
      ? [ok(`The Kafka topic ${name} has ${partitions.length} partitions with ${replicas} replicas.`)]
      : [
          fault(
            `Kafka does not allow our user to ${denied.join(" and ")} the topic ${name}: add an ACL for ${denied.map(capital).join(" and ")}.`
          )
        ]),
    ...(areRightsTold
      ? []
      : [
          warning(
            `Kafka is older than 2.3 and does not tell what our user may do with the topic ${name}: look at its ACLs.`
          )
        ]),
    ...(leaderless === 0
      ? []
      : [fault(`${leaderless} partitions of the Kafka topic ${name} have no leader: start their brokers.`)]),
    ...(lagging === 0
      ? []
      : [
          warning(
            `${lagging} partitions of the Kafka topic ${name} have replicas that are behind or down: check the brokers.`
          )
        ]),
    ...(replicas === 1 && brokers > 1
      ? [
          warning(
            `The Kafka topic ${name} has one replica: the loss of one broker loses events. Give it 3, with min.insync.replicas 2.`
          )
        ]
      : [])
  ]
}

/** Resolves when the cluster would make the topic for our user, as the start asks for it (admin.ts); makes none. */
const tryMaking = async (
  cluster: Cluster,
  controller: NamedBroker | undefined,
  name: string
): Promise<void> => {
  const broker = await (controller === undefined ? cluster.any() : cluster.brokerAt(controller))
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
  await broker.call(requests.createTopics, [topic], requestTimeoutMs, true)
}

/** `validate` asks Kafka whether it would make the topic for our user, with the cluster's defaults. */
const missingTopicFinding = async (
  name: string,
  { appends }: LogUse,
  validate: () => Promise<void>
): Promise<Finding> => {
  const missing = `The Kafka topic ${name} is not there`
  const advice = "make it with the partitions and replicas that you want"
  try {
    await validate()
    return warning(`${missing}: the start makes it with the cluster's defaults, or ${advice}.`)
  } catch (error) {
    if (connectionFailed(error) || answerOf(error) === "UNSUPPORTED_VERSION")
      return warning(
        `${sentence(`${missing}, and Kafka could not be asked whether our user may make it`, error)}.`
      )
    if (!isNotAllowed(error))
      return fault(`${sentence(`${missing}, and Kafka would not make it`, error)}. To mend it, ${advice}.`)
    return appends
      ? fault(`${missing}, and our user may not make it: allow Create on it, or ${advice}.`)
      : warning(
          `${missing}, and our user may not make it: readers wait for a bridge that makes it, or ${advice}.`
        )
  }
}

/** Answers of brokers that would let our user read as the group. */
const allowingAnswers = new Set([
  "UNKNOWN_MEMBER_ID",
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "COORDINATOR_LOAD_IN_PROGRESS",
  "GROUP_ID_NOT_FOUND",
  "ILLEGAL_GENERATION"
])

/**
 * Asks by the heartbeat of a member that does not exist: any broker refuses it, and looks at our rights before. Only a
 * user who may read as the group may send heartbeats; to ask for the group's coordinator, a lesser right would do.
 */
const groupFinding = async (
  broker: Broker,
  { name, isPrefix }: ReaderGroup,
  areOffsetsKept: boolean
): Promise<Finding> => {
  const what = isPrefix ? `consumer groups ${name}*` : `consumer group ${name}`
  const asked = isPrefix ? `${name}check` : name
  try {
    await broker.call(requests.heartbeat, asked, -1, "spoor-check").catch((error) => {
      if (!allowingAnswers.has(answerOf(error))) throw error
    })
    if (areOffsetsKept) await broker.call(requests.findCoordinator, 0, [asked])
    return ok(`Kafka allows our user the ${what}.`)
  } catch (error) {
    return isNotAllowed(error)
      ? fault(
          `Kafka does not allow our user the ${what}: add an ACL for Read on ${isPrefix ? `groups with the prefix ${name}` : "it"}.`
        )
      : warning(`Kafka could not be asked about the ${what}: ${connectionReason(error)}.`)
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
