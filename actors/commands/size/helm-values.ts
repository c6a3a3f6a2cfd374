/** The size as values for the Helm chart in deploy/helm/spoor. Pure. */
import type { ActorSize, Demand, Size } from "./model.ts"

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2)
const gibibytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 3)

/** Thousandths of a core that one pod uses at the highest rate, in steps of 50. */
const millicores = ({ cores, pods }: ActorSize): number =>
  Math.max(50, Math.ceil((cores * 1000) / pods / 50) * 50)

/** The viewer is not scaled; consumers never beyond the partitions. */
const autoscaling = ({ actor, pods }: ActorSize, partitions: number): ReadonlyArray<string> => {
  if (actor === "viewer") return []
  const isConsumer = /counter|stats/.test(actor)
  return [`    autoscaling: { min: ${pods}, max: ${isConsumer ? Math.min(partitions, 2 * pods) : 2 * pods} }`]
}

/** YAML for `helm install --values`, with the command that made it. */
export const helmValues = (command: string, { retention, replication }: Demand, size: Size): string =>
  [
    `# ${command}`,
    "actors:",
    ...size.actors.flatMap((one) => [
      `  ${one.actor}:`,
      `    replicas: ${one.pods}`,
      ...(one.actor === "gateway"
        ? [`    settings: { QUEUE_MAX_LENGTH: "${Math.max(10_000_000, Math.ceil(size.redis.lines))}" }`]
        : []),
      `    resources: { requests: { cpu: ${millicores(one)}m, memory: ${mebibytes(one.memory)}Mi } }`,
      ...autoscaling(one, size.kafka.partitions)
    ]),
    "redis:",
    `  maxmemory: ${mebibytes(size.redis.maxmemory)}mb`,
    `  storage: { size: ${gibibytes(size.redis.disk)}Gi }`,
    "  resources:",
    `    requests: { memory: ${mebibytes(size.redis.maxmemory)}Mi }`,
    `    limits: { memory: ${mebibytes(size.redis.memory)}Mi }`,
    "kafka:",
    `  partitions: ${size.kafka.partitions}`,
    `  replicationFactor: ${replication}`,
    // The replicas that must have a record.
    `  minInsyncReplicas: ${Math.max(1, replication - 1)}`,
    `  topicConfig: { retention.ms: "${Math.round(retention * 1000)}" }`
  ].join("\n")
