/** The topics of an installation, read from its settings. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { readLine, readTopics, topicOf } from "../../../actors/transform/topics.ts"
import type { ByteString } from "../../../contracts/event.ts"

const read = (settings: Record<string, string>) =>
  Effect.runPromise(
    readTopics.pipe(
      Effect.mapError(({ message }) => message),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(settings))
    )
  )
const line = "1.2.3.4 1795206900000 clicks.example.com pod /t/a e ua" as ByteString

describe("TOPIC_FROM_HOST", () => {
  test("lets hosts name the topics of KAFKA_TOPICS", async () => {
    const topics = await read({ TOPIC_FROM_HOST: "true", KAFKA_TOPICS: "clicks, installs" })
    expect(topicOf(line, topics) as string).toBe("clicks")
    expect(readLine(line.replace("clicks", "trk") as ByteString, topics, 0)).toMatchObject({
      event: { topic: "events" },
      isTopicUnknown: true
    })
  })

  test("is off unless set", async () => {
    const topics = await read({ KAFKA_TOPICS: "clicks" })
    expect(topicOf(line, topics) as string).toBe("events")
  })

  test("without KAFKA_TOPICS the start fails with a sentence", async () => {
    const error = await read({ TOPIC_FROM_HOST: "true" }).then(() => "nothing", String)
    expect(error).toContain("TOPIC_FROM_HOST needs KAFKA_TOPICS")
  })
})
