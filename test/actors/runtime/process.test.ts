/** A process starts its actors from the end of the pipeline and drains them from its beginning; a signal ends it without failure. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect, Exit } from "effect"
import { type Actor, make } from "../../../actors/runtime/actor.ts"
import { runProcess } from "../../../actors/runtime/process.ts"
import { eventually } from "../../support/eventually.ts"

const settings = ConfigProvider.layer(
  ConfigProvider.fromUnknown({ OPS_PORT: "0", OPS_HOST: "127.0.0.1", DRAIN_DELAY: "1 millis" })
)

const actorNamed = (name: string, steps: Array<string>): Actor =>
  make(
    name,
    {
      summary: "A test.",
      sends: "nothing",
      requires: [],
      receives: { describes: "nothing", settings: [], open: () => Effect.succeed(Effect.never) }
    },
    Effect.gen(function* () {
      steps.push(`${name} starts`)
      yield* Effect.addFinalizer(() => Effect.sync(() => void steps.push(`${name} ends`)))
      return () => Effect.void
    })
  )

describe("process", () => {
  test("actors start from the end of the pipeline and stop from its beginning", async () => {
    const steps: Array<string> = []
    const flow = ["first", "second", "third"].map((name) => actorNamed(name, steps))
    const ended = Effect.runPromiseExit(Effect.provide(runProcess(flow), settings))
    await eventually("all actors have started", () => steps.length === 3)
    process.emit("SIGTERM", "SIGTERM")
    expect(Exit.isSuccess(await ended)).toBe(true)
    expect(steps).toEqual([
      "third starts",
      "second starts",
      "first starts",
      "first ends",
      "second ends",
      "third ends"
    ])
  })

  test("a signal during the start ends it too", async () => {
    const never = make(
      "never-up",
      {
        summary: "A test.",
        sends: "nothing",
        requires: [],
        receives: { describes: "nothing", settings: [], open: () => Effect.succeed(Effect.never) }
      },
      Effect.never
    )
    const before = process.listenerCount("SIGTERM")
    const ended = Effect.runPromiseExit(Effect.provide(runProcess([never]), settings))
    await eventually("the process listens for signals", () => process.listenerCount("SIGTERM") > before)
    process.emit("SIGTERM", "SIGTERM")
    expect(Exit.isSuccess(await ended)).toBe(true)
  })
})
