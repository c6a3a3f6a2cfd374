/** Parsing a claimed batch: each line is one event or one rejection, and keeps its place. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { readLines } from "../../../actors/transform/read-lines.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Topic } from "../../../contracts/ids.ts"

const standard = Topic.make("events")
const topics = { standard, allowed: new Set(["clicks"]), all: [standard, Topic.make("clicks")] }
const good = "1.2.3.4 1795206900000 host pod /t/a e ua"

describe("readLines", () => {
  test("events and rejections keep the places of their lines", () => {
    const lines = [
      "",
      good,
      "hello",
      "1.2.3.4 1795206900 clicks /t/b p ua",
      "1.2.3.4 1 others /t/c p ua"
    ] as Array<ByteString>
    const { events, rejected, received, unknownTopics } = readLines(lines, topics)
    expect(events.map(({ index, topic }) => [index, topic])).toEqual([
      [1, "events"],
      [3, "clicks"],
      [4, "events"]
    ] as never)
    expect(rejected).toEqual([
      { index: 0, topic: standard, stage: "drainer", reason: "empty" },
      { index: 2, topic: standard, stage: "drainer", reason: "too few fields" }
    ])
    expect(unknownTopics).toBe(1)
    expect(received).toEqual(
      new Map([
        [standard, 4],
        [Topic.make("clicks"), 1]
      ])
    )
  })

  test("a host names the topic if TOPIC_FROM_HOST is set, and unknown topics are counted", () => {
    const lines = ["clicks.shop.example", "trk.shop.example", "events.shop.example"].map(
      (host) => `1.2.3.4 1795206900000 ${host} pod /t/a e ua` as ByteString
    )
    const { events, received, unknownTopics } = readLines(lines, { ...topics, fromHost: true })
    expect(events.map(({ topic }) => topic as string)).toEqual(["clicks", "events", "events"])
    expect([unknownTopics, received.get(standard), received.get(Topic.make("clicks"))]).toEqual([1, 2, 1])
    expect(readLines(lines, topics).received).toEqual(new Map([[standard, 3]]))
  })

  test("each line is accounted for exactly once, whatever its bytes", () => {
    const line = fc.oneof(
      fc.constant(good),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1"))
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { events, rejected, received } = readLines(lines as Array<ByteString>, topics)
        expect([...received.values()].reduce((sum, count) => sum + count, 0)).toBe(lines.length)
        const places = [...events, ...rejected].map(({ index }) => index).toSorted((a, b) => a - b)
        expect(places).toEqual([...lines.keys()])
      })
    )
  })
})
