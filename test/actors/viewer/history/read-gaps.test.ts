/** That the log cannot be read is noticed, with the time since when, and that it can again. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { noMask } from "../../../../actors/inspect/events/mask.ts"
import type { LiveMessage } from "../../../../actors/inspect/events/messages.ts"
import { makeReading } from "../../../../actors/viewer/history/read-gaps.ts"
import { liveFeed, standardLimits } from "../../../../actors/viewer/live/feed.ts"

test("a gap lasts from the last good look until the next", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        let log: string | undefined
        const lastFound = () => Effect.sync(() => ({ seams: log === undefined ? {} : { log }, systems: {} }))
        const reading = yield* makeReading({ lastFound })
        yield* TestClock.adjust("10 seconds")
        expect([reading.isReading(), reading.gaps()]).toEqual([true, []])
        log = "ok"
        yield* TestClock.adjust("10 seconds")
        log = "Kafka is away."
        yield* TestClock.adjust("10 seconds")
        expect([reading.isReading(), reading.gaps()]).toEqual([false, [{ from: 20_000, until: undefined }]])
        log = "ok"
        yield* TestClock.adjust("4 seconds")
        expect(reading.isReading()).toBe(true)
        expect(reading.gaps()).toEqual([{ from: 20_000, until: 32_000 }])
      })
    ).pipe(Effect.provide(TestClock.layer()))
  ))

test("how many events come a second is not known while the log cannot be read", () => {
  let isReading = true
  const feed = liveFeed(noMask, standardLimits, () => isReading)
  const told: Array<LiveMessage> = []
  const hear = { send: (text: string) => told.push(JSON.parse(text)), isReady: () => true }
  feed.watch({}, hear).close()
  isReading = false
  feed.watch({}, hear).close()
  expect(told.map(({ rate, total }) => [rate, total])).toEqual([
    [0, 0],
    [null, 0]
  ])
})
