/**
 * Runs a process from start to exit: builds the services its actors require, starts the actors from the end of the
 * pipeline to its beginning, prints their addresses, and at SIGTERM drains them from the beginning to the end, so that
 * each actor still finds the ones it sends to.
 */
import { Context, Duration, Effect, Layer } from "effect"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { makeProcessOutages, Outages } from "../../bridge/outage.ts"
import { Reloadables } from "../../bridge/reload.ts"
import { readAll } from "../../contracts/setting.ts"
import type { Actor, StartFailure } from "./actor.ts"
import { printBanner } from "./banner.ts"
import { checkActorSet } from "./check-actor-set.ts"
import { messageBus, type Requirement } from "./dependencies.ts"
import { listenForHangUps } from "./hang-up.ts"
import { type Health, makeHealth } from "./health.ts"
import { registerOnBus } from "./nats-registration.ts"
import { opsServer } from "./ops-server.ts"
import { exportProcessFigures } from "./process-figures.ts"
import { drainDelay, drainTimeout } from "./settings.ts"
import { listenForSignals } from "./signals.ts"
import { type RunningActor, start } from "./supervisor.ts"
import { keepFiguresCurrent } from "./telemetry/metrics-export.ts"
import { reportUp, thisWorker } from "./workers/worker.ts"

/** A process reloads what its own actors use. */
const withOwnReloadables = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideService(effect, Reloadables, new Set()))

/** All users of a server in this process share its outages. */
const withOwnOutages = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.provideService(effect, Outages, makeProcessOutages()))

const isOnBun = "Bun" in globalThis

/**
 * Runs the actors, given in the order of the pipeline, until a signal. Fails when an actor cannot start or crashes too
 * often. A process that is still running DRAIN_TIMEOUT after the signal exits with code 1.
 */
export const runProcess = Effect.fnUntraced(
  function* (actors: ReadonlyArray<Actor>) {
    const settings = yield* readAll({ drainDelay, drainTimeout })
    // First in the scope and therefore released last: it bounds the release of everything else.
    const forcedExit = yield* forcedExitAfter(settings.drainTimeout)
    const signalled = yield* listenForSignals
    if (isOnBun) yield* (yield* Effect.promise(() => import("./gc.bun.ts"))).keepMemoryLow
    const health = makeHealth()
    yield* exportProcessFigures(health)
    yield* keepFiguresCurrent(health.refreshFigures)
    const hungUp = yield* listenForHangUps

    const started = yield* Effect.raceFirst(startAll(actors, health), Effect.as(signalled, undefined))
    if (started === undefined) return
    const signal = yield* Effect.raceAllFirst([
      signalled,
      hungUp,
      ...started.map((running) => running.failed)
    ])

    yield* Effect.logInfo(`${signal}: draining`)
    for (const { name } of actors) health.setActor(name, "stopping")
    yield* Effect.sleep(settings.drainDelay)
    forcedExit.begin()
    for (const { drain } of started) yield* drain
  },
  Effect.scoped,
  withOwnReloadables,
  withOwnOutages
)

/** Once begun, ends the process with exit code 1 unless the scope closes within the timeout. */
const forcedExitAfter = (timeout: Duration.Duration) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let timer: ReturnType<typeof setTimeout> | undefined
      return {
        begin: () => {
          timer = setTimeout(() => process.exit(1), Duration.toMillis(timeout))
        },
        end: () => clearTimeout(timer)
      }
    }),
    ({ end }) => Effect.sync(end)
  )

/** Starts the actors from the end of the pipeline to its beginning, and prints their addresses. */
const startAll = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>, health: Health) {
  const addresses: Array<readonly [what: string, url: string]> = []
  const announce = (what: string, url: string): void => {
    addresses.unshift([what, url])
  }
  const announced = (what: string) => addresses.find(([name]) => name === what)?.[1]
  const requires = [...new Set<Requirement<never>>(actors.flatMap((actor) => actor.requires))]
  const context = yield* provideAll([...new Set([...requires, messageBus])])
  const bus = Context.get(context as Context.Context<MessageBus>, MessageBus)
  yield* checkActorSet(actors, bus.dependency.embedded)
  const dependencies = requires.map((requirement) => requirement.systems(context))
  dependencies.forEach(health.addDependencies)
  yield* health.exportDependencies

  const ops = yield* opsServer(health)
  announce("health", `${ops.url}/health/ready`)
  const running: Array<RunningActor> = []
  for (const actor of actors.toReversed()) {
    const one = yield* start(actor, context, health, announce, announced)
    const systems = actor.requires
      .flatMap((requirement) => requirement.systems(context))
      .map(([name]) => name)
    yield* Effect.provideService(registerOnBus(one, health, systems, ops.address), MessageBus, bus)
    running.unshift(one)
  }
  yield* printBanner(actors, addresses, dependencies.flat(), thisWorker)
  reportUp((yield* Reloadables).size > 0)
  return running
})

/** Builds all required services; they live as long as the process's scope. */
const provideAll = (requires: ReadonlyArray<Requirement<never>>) =>
  Effect.map(
    Layer.build(
      requires
        .map((requirement) => requirement.layer as Layer.Layer<never, StartFailure>)
        .reduce((all, one) => Layer.merge(all, one))
    ),
    (context): Context.Context<never> => context
  )
