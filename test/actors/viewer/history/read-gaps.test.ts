/** Gaps in reading the log are detected, with their begin and end. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { noMask } from "../../../../actors/inspect/events/mask.ts"
import type { LiveMessage } from "../../../../actors/inspect/events/messages.ts"
import { makeLogReadGaps } from "../../../../actors/viewer/history/read-gaps.ts"
import { liveFeed, standardLimits } from "../../../../actors/viewer/live/feed.ts"

test("a gap lasts from the last successful check until the next", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        let log: string | undefined
        const lastFound = () => Effect.sync(() => ({ seams: log === undefined ? {} : { log }, systems: {} }))
        const readGaps = yield* makeLogReadGaps({ lastFound })
        yield* TestClock.adjust("10 seconds")
        expect([readGaps.isLogReadable(), readGaps.gaps()]).toEqual([true, []])
        log = "ok"
        yield* TestClock.adjust("10 seconds")
        log = "Kafka is away."
        yield* TestClock.adjust("10 seconds")
        expect([readGaps.isLogReadable(), readGaps.gaps()]).toEqual([
          false,
          [{ from: 20_000, until: undefined }]
        ])
        log = "ok"
        yield* TestClock.adjust("4 seconds")
        expect(readGaps.isLogReadable()).toBe(true)
        expect(readGaps.gaps()).toEqual([{ from: 20_000, until: 32_000 }])
      })
    ).pipe(Effect.provide(TestClock.layer()))
  ))

test("the rate is unknown while the log cannot be read", () => {
  let isLogReadable = true
  const feed = liveFeed(noMask, standardLimits, () => isLogReadable)
  const messages: Array<LiveMessage> = []
  const recipient = { send: (text: string) => messages.push(JSON.parse(text)), isReady: () => true }
  feed.subscribe({}, recipient).close()
  isLogReadable = false
  feed.subscribe({}, recipient).close()
  expect(messages.map(({ rate, total }) => [rate, total])).toEqual([
    [0, 0],
    [null, 0]
  ])
})
