/** The topics of this installation, from its settings. Pure. */
import { Effect, Schema } from "effect"
import { Failure } from "../contracts/failure.ts"
import { Topic } from "../contracts/ids.ts"
import { readAll } from "../contracts/setting.ts"
import type { LineSettings } from "../contracts/wire/line.ts"
import { kafkaTopic, kafkaTopics, topicFromHost } from "./settings.ts"

export interface Topics {
  /** For pushtech lines, and for lines that name a topic that is not allowed. */
  readonly standard: Topic
  /** The topics that a line may name. */
  readonly allowed: ReadonlySet<string>
  readonly all: ReadonlyArray<Topic>
  /** The host of a pushtech line names its topic. */
  readonly fromHost?: boolean
}

const isTopic = Schema.is(Topic)

/** Reads the settings of topics; fails with `misconfigured` when they are invalid. */
export const readTopics = Effect.gen(function* () {
  const values = yield* readAll({ kafkaTopic, kafkaTopics, fromHost: topicFromHost })
  const names = values.kafkaTopics
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
  const all = [...new Set([values.kafkaTopic, ...names])]
  const topics = all.filter(isTopic)
  const wrong = all.find((name) => !isTopic(name))
  const [standard] = topics
  if (wrong !== undefined || standard === undefined) {
    return yield* new Failure({
      reason: "misconfigured",
      message: `KAFKA_TOPIC and KAFKA_TOPICS must be names of Kafka topics: "${wrong}" is not a valid name for a Kafka topic`
    })
  }
  const { fromHost } = values
  if (fromHost && names.length === 0) {
    return yield* new Failure({
      reason: "misconfigured",
      message:
        "TOPIC_FROM_HOST needs KAFKA_TOPICS: list the topics that hosts may name, like KAFKA_TOPICS=clicks,installs"
    })
  }
  return { standard, allowed: new Set<string>(names), all: topics, fromHost } satisfies Topics
})

/** The topics as settings of the line parser. */
export const lineSettingsOf = ({ standard, allowed, fromHost = false }: Topics): LineSettings => ({
  topic: standard,
  topics: allowed,
  fromHost
})

/** The settings that `readTopics` reads. */
export const topicSettings = [kafkaTopic, kafkaTopics, topicFromHost]
