/** The series of every actor: there from the start at 0, and a lag that grows while a message is in flight and ends after it. */
import { describe, expect, test } from "bun:test"
import { Context, Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { make } from "../../../actors/runtime/actor.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { makeMailbox } from "../../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../../actors/runtime/metrics.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { Failure } from "../../../contracts/failure.ts"

/** The value of a series in the text of /metrics; undefined without it. */
const valueIn = (text: string, name: string): number | undefined => {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}

describe("the lag of an actor", () => {
  test("grows while a message is in flight, stays for 15 s after it, and falls to 0", async () => {
    const health = makeHealth()
    const meter = makeMeter("lagging")
    health.addFigures(
      Effect.flatMap(
        Effect.clockWith((clock) => clock.currentTimeMillis),
        meter.refresh
      )
    )
    const lag = Effect.map(health.metrics, (text) =>
      valueIn(text, 'spoor_actor_lag_seconds{actor="lagging"}')
    )
    await Effect.runPromise(
      Effect.gen(function* () {
        yield* meter.start(2)
        expect(yield* lag).toBe(0)
        const gate = yield* Latch.make(false)
        const mailbox = makeMailbox({ concurrency: 1, capacity: 2 }, meter, () => gate.await)
        yield* TestClock.adjust("100 seconds")
        const weight = { events: 1, oldest: 40_000 }
        const first = yield* Effect.forkChild(mailbox.deliver("a", weight), { startImmediately: true })
        expect(yield* lag).toBe(60)
        yield* TestClock.adjust("5 seconds")
        expect(yield* lag).toBe(65)
        yield* gate.open
        yield* Fiber.join(first)
        expect(yield* lag).toBe(65)
        yield* TestClock.adjust("14 seconds")
        expect(yield* lag).toBe(65)
        yield* TestClock.adjust("1 second")
        expect(yield* lag).toBe(0)
      }).pipe(Effect.provide(TestClock.layer()))
    )
  })
})

describe("the series of a supervised actor", () => {
  test("begin at 0, and count its restarts until it is given up", async () => {
    const health = makeHealth()
    const actor = make(
      "ending",
      {
        summary: "Ends whenever it receives.",
        sends: "nothing",
        requires: [],
        receives: {
          describes: "nothing",
          settings: [],
          open: () =>
            Effect.succeed(
              Effect.andThen(
                Effect.sleep("1 second"),
                new Failure({ reason: "unavailable", message: "nothing arrives" })
              )
            )
        }
      },
      Effect.succeed(() => Effect.void)
    )
    const read = Effect.map(health.metrics, (text) => ({
      restarts: valueIn(text, 'spoor_actor_restarts_total{actor="ending"}'),
      givenUp: valueIn(text, 'spoor_actor_given_up{actor="ending"}')
    }))
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const running = yield* start(actor, Context.empty(), health, () => {})
          expect(yield* read).toEqual({ restarts: 0, givenUp: 0 })
          const text = yield* health.metrics
          for (const outcome of ['outcome="received"', 'outcome="failed",reason="crashed"'])
            expect(valueIn(text, `spoor_actor_events_total{actor="ending",${outcome}}`)).toBe(0)
          expect(valueIn(text, 'spoor_actor_message_duration_seconds_count{actor="ending"}')).toBe(0)
          const end = yield* Effect.forkChild(Effect.exit(running.failed))
          for (let i = 0; i < 12; i++) yield* TestClock.adjust("4 seconds")
          yield* Fiber.join(end)
          expect(yield* read).toEqual({ restarts: 10, givenUp: 1 })
        })
      ).pipe(Effect.provide(TestClock.layer()))
    )
  })
})

test("a figure that cannot be refreshed does not prevent the others from being read", async () => {
  const health = makeHealth()
  let isRefreshed = false
  health.addFigures(Effect.die(new Error("broken")))
  const remove = health.addFigures(
    Effect.sync(() => {
      isRefreshed = true
    })
  )
  expect(await Effect.runPromise(health.metrics)).toBeString()
  expect(isRefreshed).toBe(true)
  isRefreshed = false
  await Effect.runPromise(Effect.andThen(remove, health.refreshFigures))
  expect(isRefreshed).toBe(false)
})
