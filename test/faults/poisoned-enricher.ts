/**
 * The enricher with a simulated bug: while it handles a batch with a poison event (poison.ts), it throws, ends its
 * process, or loops forever. Otherwise it is the real enricher. Runs from its start until a signal, as an actor's process.
 */
import { Buffer } from "node:buffer"
import { Context, Effect, Exit } from "effect"
import { settingsOf } from "../../actors/commands/help.ts"
import { Enricher } from "../../actors/enricher.ts"
import type { Actor } from "../../actors/runtime/actor.ts"
import { environmentLayer } from "../../actors/runtime/environment.ts"
import { loggingLayer } from "../../actors/runtime/logging.ts"
import { runProcess } from "../../actors/runtime/process.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { type Poison, poisons, wordOf } from "./poison.ts"

const harm: Readonly<Record<Poison, () => void>> = {
  throws: () => {
    throw new Error("a poisoned event")
  },
  kills: () => {
    process.kill(process.pid, "SIGKILL")
  },
  hangs: () => {
    while (true) Math.random()
  }
}

/** The bus, with the poison applied when the enricher sends its records to a bridge. */
const poisonedBus = (bus: MessageBus["Service"]): MessageBus["Service"] => ({
  ...bus,
  exchange: (request) => {
    const bytes = Buffer.from(request.payload)
    for (const poison of poisons) if (bytes.includes(wordOf(poison))) harm[poison]()
    return bus.exchange(request)
  }
})

const Poisoned: Actor = {
  ...Enricher,
  run: (context, onUp) => {
    const held = context as Context.Context<MessageBus>
    const bus = poisonedBus(Context.get(held, MessageBus))
    return Enricher.run(Context.add(held, MessageBus, bus) as Context.Context<never>, onUp)
  }
}

const names = settingsOf(Poisoned).map(({ name }) => name)
const exit = await Effect.runPromiseExit(
  runProcess([Poisoned]).pipe(Effect.provide(loggingLayer), Effect.provide(environmentLayer(names)))
)
process.exit(Exit.isSuccess(exit) ? 0 : 1)
