/** An actor that crashes is restarted; one that never came up fails the start; draining finishes the messages in flight. */
import { describe, expect, test } from "bun:test"
import { Context, Deferred, Effect, Exit, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { make } from "../../../actors/runtime/actor.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { Failure } from "../../../contracts/failure.ts"

const nothing = { summary: "A test.", sends: "nothing", requires: [] as const }
const emptyInbox = { describes: "nothing", settings: [], open: () => Effect.succeed(Effect.never) }
const announce = (): void => {}

describe("supervisor", () => {
  test("a failed build fails the start and is not retried", async () => {
    let builds = 0
    const actor = make(
      "unable",
      { ...nothing, receives: emptyInbox },
      Effect.suspend(() => {
        builds += 1
        return Effect.fail(new Failure({ reason: "unavailable", message: "Port 1 is in use." }))
      })
    )
    const failure = await Effect.runPromise(
      Effect.scoped(Effect.flip(start(actor, Context.empty(), makeHealth(), announce)))
    )
    expect(failure).toMatchObject({ message: "Port 1 is in use." })
    expect(builds).toBe(1)
  })

  test("a crash after the start rebuilds the actor; too many crashes end it", async () => {
    let builds = 0
    const health = makeHealth()
    const crashing = {
      describes: "nothing",
      settings: [],
      open: () => Effect.succeed(Effect.andThen(Effect.sleep("1 second"), Effect.die(new Error("boom"))))
    }
    const actor = make(
      "crashing",
      { ...nothing, receives: crashing },
      Effect.sync(() => {
        builds += 1
        return () => Effect.void
      })
    )
    const exit = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const running = yield* start(actor, Context.empty(), health, announce)
          expect((yield* health.report).actors).toEqual({ crashing: "up" })
          const end = yield* Effect.forkChild(Effect.exit(running.failed))
          for (let i = 0; i < 16; i++) yield* TestClock.adjust("4 seconds")
          expect((yield* health.report).actors).toEqual({ crashing: "given up" })
          return yield* Fiber.join(end)
        })
      ).pipe(Effect.provide(TestClock.layer()))
    )
    expect(Exit.isFailure(exit)).toBe(true)
    expect(builds).toBe(11)
  })

  test("draining waits for the messages in flight, then releases what the actor acquired", async () => {
    const steps: Array<string> = []
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const gate = yield* Latch.make(false)
          const taken = yield* Deferred.make<void>()
          const inbox = {
            describes: "one message",
            settings: [],
            open: Effect.fnUntraced(function* (mailbox: {
              deliver: (message: string, info: { events: number }) => Effect.Effect<void, Failure>
            }) {
              const work = yield* Effect.forkDetach(mailbox.deliver("hello", { events: 1 }))
              yield* Effect.addFinalizer(() => Effect.asVoid(Fiber.await(work)))
              return Effect.never
            })
          }
          const actor = make(
            "draining",
            { ...nothing, receives: inbox },
            Effect.gen(function* () {
              yield* Effect.addFinalizer(() => Effect.sync(() => void steps.push("released")))
              return () =>
                Effect.gen(function* () {
                  yield* Deferred.succeed(taken, undefined)
                  yield* gate.await
                  steps.push("finished")
                })
            })
          )
          const running = yield* start(actor, Context.empty(), makeHealth(), announce)
          yield* Deferred.await(taken)
          const drain = yield* Effect.forkChild(running.drain, { startImmediately: true })
          steps.push("asked to stop")
          yield* gate.open
          yield* Fiber.join(drain)
        })
      )
    )
    expect(steps).toEqual(["asked to stop", "finished", "released"])
  })
})
