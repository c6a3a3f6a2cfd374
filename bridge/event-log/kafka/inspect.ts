/**
 * Inspects Kafka for people who check a configuration: reachable, login, topics with their partitions and replicas, and
 * what our user may do with topics and group. It only asks: it joins no group, writes nothing and makes no topic.
 */
import { Effect } from "effect"
import { type Finding, fault, ok, warning } from "../../finding.ts"
import type { KafkaAddress } from "./address.ts"
import { makeClients } from "./client.ts"
import { makeCluster } from "./cluster.ts"
import { requests } from "./connection.ts"
import { answerOf, connectionReason } from "./errors.ts"

export interface LogUse {
  readonly topics: ReadonlyArray<string>
  /** Does an actor append records? */
  readonly appends: boolean
  /** The consumer groups of the actors. */
  readonly groups: ReadonlyArray<string>
}

export interface LogInspection {
  readonly isReachable: boolean
  readonly findings: ReadonlyArray<Finding>
}

const requestTimeoutMs = 3_500

/** Numbers of operations in the protocol: the bits of an answer. */
const operations = { read: 3, write: 4, create: 5, describe: 8 } as const
type Operation = keyof typeof operations

/** A broker that knows no authorized operations answers so. */
const unknownOperations = -2_147_483_648

/** The topic in which Kafka itself keeps the groups' offsets; asking about a group would make a missing one. */
const offsetsTopic = "__consumer_offsets"

const noError = 0
const unknownTopic = 3
const topicDenied = 29

/** Never fails: an unreachable Kafka is a finding. */
export const inspectKafka = (address: KafkaAddress, use: LogUse): Effect.Effect<LogInspection> =>
  Effect.promise(async () => {
    const where = `Kafka at ${address.brokers.join(", ")}`
    const cluster = makeCluster(makeClients(address).open({ main: requestTimeoutMs }))
    try {
      const broker = await cluster.any()
      const answer = await broker.call(requests.rights, [...use.topics, offsetsTopic], false, true, true)
      const brokers = answer.brokers.length
      const mayCreate = allows(answer.clusterAuthorizedOperations, "create")
      const findings = [ok(`${where} answers: ${brokers} broker${brokers === 1 ? "" : "s"}.`)]
      for (const topic of answer.topics)
        if (topic.name !== offsetsTopic) findings.push(...topicFindings(topic, use, brokers, mayCreate))
      const offsets = answer.topics.find(({ name }) => name === offsetsTopic)
      if (offsets?.errorCode !== unknownTopic) {
        for (const group of use.groups) {
          const found = await groupFinding((name) => broker.call(requests.findCoordinator, 0, [name]), group)
          findings.push(found)
        }
      }
      return { isReachable: true, findings }
    } catch (error) {
      return { isReachable: false, findings: [fault(`${where} cannot be used: ${connectionReason(error)}.`)] }
    } finally {
      cluster.close()
    }
  })

const allows = (bits: number, operation: Operation): boolean =>
  bits === unknownOperations || (bits & (1 << operations[operation])) !== 0

interface Topic {
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
  { name, errorCode, partitions, topicAuthorizedOperations }: Topic,
  { appends, groups }: LogUse,
  brokers: number,
  mayCreate: boolean
): ReadonlyArray<Finding> => {
  if (errorCode === unknownTopic) {
    const advice = "or make it with the partitions and replicas that you want"
    return [
      mayCreate
        ? warning(
            `The Kafka topic ${name} is not there: the start makes it with the cluster's defaults, ${advice}.`
          )
        : fault(
            `The Kafka topic ${name} is not there, and our user may not make it: allow Create, ${advice}.`
          )
    ]
  }
  if (errorCode === topicDenied)
    return [fault(`Kafka does not allow our user to describe the topic ${name}: allow Describe on it.`)]
  if (errorCode !== noError)
    return [fault(`Kafka answers error ${errorCode} about the topic ${name}: see the broker's log.`)]
  const needed: ReadonlyArray<Operation> = [
    ...(appends ? ["write" as const] : []),
    ...(groups.length > 0 ? ["read" as const] : [])
  ]
  const denied = needed.filter((operation) => !allows(topicAuthorizedOperations, operation))
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

const groupFinding = async (
  findCoordinator: (name: string) => Promise<unknown>,
  group: string
): Promise<Finding> => {
  try {
    await findCoordinator(group)
    return ok(`Kafka allows our user the consumer group ${group}.`)
  } catch (error) {
    return answerOf(error) === "GROUP_AUTHORIZATION_FAILED"
      ? fault(`Kafka does not allow our user the consumer group ${group}: add an ACL for Read on it.`)
      : warning(`Kafka could not be asked about the consumer group ${group}: ${connectionReason(error)}.`)
  }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
