/**
 * A process with two actors, without servers: `steady` handles a message every 20 ms; `fragile` ends its inbox 30 ms after
 * each start (FRAGILE=inbox), or crashes on every message (FRAGILE=message). Runs until a signal, as an actor's process.
 */
import { Clock, Effect, Exit } from "effect"
import { type Inbox, make } from "../../actors/runtime/actor.ts"
import { messageBus } from "../../actors/runtime/dependencies.ts"
import { environmentLayer } from "../../actors/runtime/environment.ts"
import { processExitOf } from "../../actors/runtime/exit-code.ts"
import { loggingLayer } from "../../actors/runtime/logging.ts"
import { runProcess } from "../../actors/runtime/process.ts"
import { opsHost, opsPort } from "../../actors/runtime/settings.ts"
import { Failure } from "../../contracts/failure.ts"

const ticks: Inbox<number, void, never> = {
  describes: "the time, every 20 ms",
  settings: [],
  open: (mailbox) =>
    Effect.succeed(
      Clock.currentTimeMillis.pipe(
        Effect.flatMap((now) => mailbox.deliver(now, { events: 1, oldest: now })),
        Effect.ignore,
        Effect.andThen(Effect.sleep("20 millis")),
        Effect.forever
      )
    )
}

const broken: Inbox<number, void, never> = {
  describes: "nothing, and ends",
  settings: [],
  open: () =>
    Effect.succeed(
      Effect.andThen(
        Effect.sleep("30 millis"),
        Effect.fail(new Failure({ reason: "unavailable", message: "The source of messages ended." }))
      )
    )
}

const of = { summary: "For a test.", sends: "nothing", requires: [messageBus] as const }
const Steady = make(
  "steady",
  { ...of, receives: ticks },
  Effect.succeed(() => Effect.void)
)
const Fragile =
  process.env.FRAGILE === "message"
    ? make(
        "fragile",
        { ...of, receives: ticks },
        Effect.succeed(() => Effect.die(new Error("a bad message")))
      )
    : make(
        "fragile",
        { ...of, receives: broken },
        Effect.succeed(() => Effect.void)
      )

const names = [...messageBus.settings, opsHost, opsPort].map(({ name }) => name)
const exit = await Effect.runPromiseExit(
  runProcess([Steady, Fragile]).pipe(Effect.provide(loggingLayer), Effect.provide(environmentLayer(names)))
)
if (Exit.isFailure(exit)) {
  const { sentence, code } = processExitOf(exit.cause)
  process.stderr.write(`spoor: ${sentence}\n`)
  process.exit(code)
}
process.exit(0)
