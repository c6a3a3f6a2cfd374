/**
 * The life of a process: builds what its actors need, starts them from the end of the flow to its beginning, says
 * where they can be reached, and at SIGTERM drains them from the beginning to the end, so that nothing is cut off
 * from what it still needs.
 */
import { Context, Duration, Effect, Layer } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { readAll } from "../../contracts/setting.ts"
import type { Actor, StartFailure } from "./actor.ts"
import { printBanner } from "./banner.ts"
import { refuseSolitude } from "./check-actor-set.ts"
import { messageBus, type Requirement } from "./dependencies.ts"
import { type Health, makeHealth } from "./health.ts"
import { registerOnBus } from "./nats-registration.ts"
import { opsServer } from "./ops-server.ts"
import { drainDelay, drainTimeout } from "./settings.ts"
import { listenForSignals } from "./signals.ts"
import { type Life, start } from "./supervisor.ts"
import { sayUp, thisWorker } from "./workers/worker.ts"

const isOnBun = "Bun" in globalThis

/**
 * Runs the actors, given in the order of the flow, until a signal. Fails when they cannot start or are given up. A
 * process that has not ended DRAIN_TIMEOUT after the signal is ended with exit code 1.
 */
export const runProcess = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>) {
  const settings = yield* readAll({ drainDelay, drainTimeout })
  // Put into the scope first, so that it goes last: everything between is bounded.
  const lastResort = yield* lastResortIn(settings.drainTimeout)
  const signalled = yield* listenForSignals
  if (isOnBun) yield* (yield* Effect.promise(() => import("./gc.bun.ts"))).keepMemoryLow
  const health = makeHealth()

  const started = yield* Effect.raceFirst(startAll(actors, health), Effect.as(signalled, undefined))
  if (started === undefined) return
  const signal = yield* Effect.raceAllFirst([signalled, ...started.map((life) => life.givenUp)])

  yield* Effect.logInfo(`${signal}: finishing what was taken`)
  for (const { name } of actors) health.setActor(name, "stopping")
  yield* Effect.sleep(settings.drainDelay)
  lastResort.begin()
  for (const life of started) yield* life.drain
}, Effect.scoped)

/** Once begun, ends the process with exit code 1 unless the scope has closed before the time is over. */
const lastResortIn = (patience: Duration.Duration) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let timer: ReturnType<typeof setTimeout> | undefined
      return {
        begin: () => {
          timer = setTimeout(() => process.exit(1), Duration.toMillis(patience))
        },
        end: () => clearTimeout(timer)
      }
    }),
    ({ end }) => Effect.sync(end)
  )

/** Starts the actors from the end of the flow to its beginning, and says where they can be reached. */
const startAll = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>, health: Health) {
  const addresses: Array<readonly [what: string, url: string]> = []
  const announce = (what: string, url: string): void => {
    addresses.unshift([what, url])
  }
  const announced = (what: string) => addresses.find(([name]) => name === what)?.[1]
  const requires = [...new Set<Requirement<never>>(actors.flatMap((actor) => actor.requires))]
  const context = yield* provideAll([...new Set([...requires, messageBus])])
  const bus = Context.get(context as Context.Context<MessageBus>, MessageBus)
  yield* refuseSolitude(actors, bus.dependency.embedded)
  const seams = requires.map((requirement) => requirement.seams(context))
  seams.forEach(health.addDependencies)

  announce("health", `${yield* opsServer(health)}/health/ready`)
  const lives: Array<Life> = []
  for (const actor of actors.toReversed()) {
    const life = yield* start(actor, context, health, announce, announced)
    const systems = actor.requires.flatMap((requirement) => requirement.seams(context)).map(([name]) => name)
    yield* Effect.provideService(registerOnBus(life, health, systems), MessageBus, bus)
    lives.unshift(life)
  }
  yield* printBanner(actors, addresses, seams.flat(), thisWorker)
  sayUp()
  return lives
})

/** Everything the needs provide, living as long as the process's scope. */
const provideAll = (requires: ReadonlyArray<Requirement<never>>) =>
  Effect.map(
    Layer.build(
      requires
        .map((requirement) => requirement.layer as Layer.Layer<never, StartFailure>)
        .reduce((all, one) => Layer.merge(all, one))
    ),
    (context): Context.Context<never> => context
  )
