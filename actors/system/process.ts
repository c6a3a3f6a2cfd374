/**
 * The life of a process: builds what its actors need, starts them from the end of the flow to its beginning, says
 * where they can be reached, and at SIGTERM drains them from the beginning to the end, so that nothing is cut off
 * from what it still needs.
 */
import { Context, Effect, Layer, Option } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { readAll } from "../../contracts/setting.ts"
import type { Actor, StartFailure } from "./actor.ts"
import { printBanner } from "./banner.ts"
import { makeHealth } from "./health.ts"
import { type Life, start } from "./life.ts"
import { messageBus, type Need } from "./need.ts"
import { opsServer } from "./ops-server.ts"
import { registerOnBus } from "./registration.ts"
import { drainDelay, drainTimeout } from "./settings.ts"
import { firstSignal } from "./signals.ts"
import { refuseSolitude } from "./solitude.ts"

/** Runs the actors, given in the order of the flow, until a signal. Fails when they cannot start or are given up. */
export const runProcess = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>) {
  const settings = yield* readAll({ drainDelay, drainTimeout })
  const health = makeHealth()
  const addresses: Array<readonly [what: string, url: string]> = []
  const announce = (what: string, url: string): void => {
    addresses.unshift([what, url])
  }

  const needs = [...new Set<Need<never>>(actors.flatMap((actor) => actor.needs))]
  const context = yield* provideAll([...new Set([...needs, messageBus])])
  const bus = Context.get(context as Context.Context<MessageBus>, MessageBus)
  yield* refuseSolitude(actors, bus.seam.embedded)
  const seams = needs.map((need) => need.seams(context))
  seams.forEach(health.addSeams)

  const opsUrl = yield* opsServer(health)
  announce("health", `${opsUrl}/health/ready`)
  const lives: Array<Life> = []
  for (const actor of actors.toReversed()) {
    const life = yield* start(actor, context, health, announce)
    yield* Effect.provideService(registerOnBus(life), MessageBus, bus)
    lives.unshift(life)
  }
  yield* printBanner(actors, addresses, seams.flat())

  const signal = yield* Effect.raceAllFirst([firstSignal, ...lives.map((life) => life.givenUp)])
  yield* Effect.logInfo(`${signal}: finishing what was taken`)
  for (const { name } of actors) health.setActor(name, "stopping")
  yield* Effect.sleep(settings.drainDelay)
  for (const life of lives) {
    const drained = yield* Effect.timeoutOption(life.drain, settings.drainTimeout)
    if (Option.isNone(drained)) yield* Effect.logWarning(`${life.actor.name} did not finish in time`)
  }
}, Effect.scoped)

/** Everything the needs provide, living as long as the process's scope. */
const provideAll = (needs: ReadonlyArray<Need<never>>) =>
  Effect.map(
    Layer.build(
      needs
        .map((need) => need.layer as Layer.Layer<never, StartFailure>)
        .reduce((all, one) => Layer.merge(all, one))
    ),
    (context): Context.Context<never> => context
  )
