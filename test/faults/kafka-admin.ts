/** Administration of Kafka in a case: finds the leader of a partition, changes topics and access rules. */
import { type Admin, Kafka, logLevel } from "kafkajs"
import { eventually } from "../support/eventually.ts"
import type { World } from "./world.ts"

/** Runs `work` with its own admin connection to the world's brokers. Fails with the errors of Kafka. */
export const asAdmin = async <A>(
  { brokers }: Pick<World, "brokers">,
  work: (admin: Admin) => Promise<A>
): Promise<A> => {
  const admin = new Kafka({
    clientId: "harness",
    brokers: brokers.split(","),
    logLevel: logLevel.NOTHING,
    requestTimeout: 15_000,
    retry: { retries: 10, initialRetryTime: 200, maxRetryTime: 2_000 }
  }).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** The index in `world.kafka` of the broker that leads the partition. */
export const leaderOf = async (world: World, topic: string, partition = 0): Promise<number> => {
  const { topics } = await asAdmin(world, (admin) => admin.fetchTopicMetadata({ topics: [topic] }))
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1
  if (leader < 1) throw new Error(`Partition ${partition} of ${topic} has no leader.`)
  // Brokers are numbered from 1, in this order.
  return leader - 1
}

/** An access rule of a topic, with the numbers of Kafka's protocol. */
export interface TopicRule {
  readonly topic: string
  /** 2: everything, 4: write. */
  readonly operation: 2 | 4
  /** 2: deny, 3: allow. */
  readonly permissionType: 2 | 3
}

const ruleOf = ({ topic, ...rule }: TopicRule) => ({
  ...rule,
  resourceType: topicResource,
  resourceName: topic,
  resourcePatternType: 3,
  principal: "User:ANONYMOUS",
  host: "*"
})

/** Creates the rules; returns when a broker lists them. */
export const addRules = (world: Pick<World, "brokers">, rules: ReadonlyArray<TopicRule>): Promise<void> =>
  asAdmin(world, async (admin) => {
    await admin.createAcls({ acl: rules.map(ruleOf) })
    await eventually("the rules are listed", async () => {
      const found = await Promise.all(rules.map((rule) => admin.describeAcls(ruleOf(rule))))
      return found.every(({ resources }) => resources.length > 0)
    })
  })

export const removeRules = (
  world: Pick<World, "brokers">,
  rules: ReadonlyArray<TopicRule>
): Promise<unknown> => asAdmin(world, (admin) => admin.deleteAcls({ filters: rules.map(ruleOf) }))

/** The resource type of a topic in Kafka's protocol. */
const topicResource = 2

/** Sets settings of these topics; all others are reset to the broker's defaults. */
export const setTopics = (
  world: World,
  topics: ReadonlyArray<string>,
  settings: Readonly<Record<string, string>>
): Promise<unknown> =>
  asAdmin(world, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: topics.map((name) => ({
        type: topicResource,
        name,
        configEntries: Object.entries(settings).map(([setting, value]) => ({ name: setting, value }))
      }))
    })
  )
