/** The topics that the reactor reads: those of lines at once, those of REACT_TOPICS as soon as they exist. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect, Fiber } from "effect"
import { readGrowing } from "../../../actors/reactor/records.ts"
import { readReactTopics } from "../../../actors/reactor/topics.ts"
import { Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"

const read = (settings: Record<string, string>) =>
  readReactTopics.pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))),
    Effect.runPromise
  )

describe("the settings", () => {
  test("conversions by default; each topic once; none of them when it is empty", async () => {
    expect(await read({})).toEqual({ all: ["events"], more: ["conversions"] } as never)
    const settings = { KAFKA_TOPICS: "clicks", REACT_TOPICS: " clicks, a.b ,a.b,," }
    expect(await read(settings)).toEqual({ all: ["events", "clicks"], more: ["a.b"] } as never)
    expect(await read({ REACT_TOPICS: "," })).toEqual({ all: ["events"], more: [] } as never)
  })
  test("an invalid name ends the start with one sentence", async () => {
    await expect(read({ REACT_TOPICS: "a b" })).rejects.toThrow(/REACT_TOPICS .* "a b" is not a valid name/)
  })
})

test("a topic that appears is read with the others; reading ends only for that", async () => {
  const [lines, later, never] = ["events", "conversions", "none"].map((name) => Topic.make(name))
  if (lines === undefined || later === undefined || never === undefined) throw new Error("no topic")
  const existing = new Set([lines])
  const begun: Array<ReadonlyArray<Topic>> = []
  let ended = 0
  const reading = Effect.runFork(
    readGrowing(
      [lines],
      [later, never],
      (topic) => Effect.sync(() => existing.has(topic)),
      (topics) =>
        Effect.suspend(() => {
          begun.push(topics)
          return Effect.never
        }).pipe(
          Effect.onInterrupt(() =>
            Effect.sync(() => {
              ended += 1
            })
          )
        )
    )
  )
  await eventually("the first topics are read", () => begun.length === 1)
  expect([begun, ended]).toEqual([[[lines]], 0])
  existing.add(later)
  await eventually("the new topic is read", () => begun.length === 2)
  expect([begun, ended]).toEqual([[[lines], [lines, later]], 1])
  await Effect.runPromise(Fiber.interrupt(reading))
  expect(ended).toBe(2)
}, 60_000)
