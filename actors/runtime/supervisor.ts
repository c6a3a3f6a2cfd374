/**
 * The supervisor of one actor: starts it, restarts it with growing pauses when it crashes, and drains it when it is
 * stopped. A failure before the actor was ever up fails the start; more than ten crashes without a healthy minute between
 * them end the process. Lives from `start` until its scope closes.
 */
import { Cause, Clock, type Context, Deferred, Effect, Exit, Fiber, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { newBatchId } from "../../contracts/ids.ts"
import type { Actor, StartFailure } from "./actor.ts"
import { Self, type ServedEndpoint } from "./actor-context.ts"
import type { Health } from "./health.ts"
import { failureBackoffMs } from "./inbox/backoff.ts"
import { type Meter, makeMeter } from "./metrics.ts"
import { crashTextOf, type RestartFigures, restartFigures } from "./restart-figures.ts"

/** A supervised actor. */
export interface RunningActor {
  readonly actor: Actor
  readonly meter: Meter
  /** Its `$SRV` id. */
  readonly instance: string
  /** What its inbox serves on the bus now. */
  readonly served: () => ReadonlyArray<ServedEndpoint>
  /** Its restarts so far, and its last crash. */
  readonly restarts: RestartFigures["reported"]
  /** Stops taking messages, finishes those in flight, releases everything; returns when that is done. */
  readonly drain: Effect.Effect<void>
  /** Fails when the actor has crashed too often. Never succeeds. */
  readonly failed: Effect.Effect<never, StartFailure>
}

/** A run longer than this resets the number of crashes, milliseconds. */
const healthyAfterMs = 60_000
const maxCrashes = 10

/** How long a process whose actor is given up reports that, before it ends: the viewer asks every second. */
const givenUpNoticeMs = 3_000

/** The end of the process: a setting that has become invalid keeps its exit code. */
const givenUp = (name: string, cause: Cause.Cause<StartFailure>): Failure => {
  const error = Cause.squash(cause)
  return new Failure({
    reason: error instanceof Failure ? error.reason : "crashed",
    message: `The actor ${name} crashed ${maxCrashes + 1} times without a healthy minute in between and is given up, so this process ends: ${crashTextOf(cause)}`
  })
}

/** What the inbox of the current run serves. */
const makeServed = () => {
  let served: ReadonlyArray<ServedEndpoint> = []
  return {
    served: () => served,
    setServed: (now: ReadonlyArray<ServedEndpoint>): void => {
      served = now
    }
  }
}

/** Starts the actor in the scope and returns when it is up; fails as its first start fails. */
export const start = Effect.fnUntraced(function* (
  actor: Actor,
  context: Context.Context<never>,
  health: Health,
  announce: (what: string, url: string) => void,
  announced: (what: string) => string | undefined = () => undefined
): Effect.fn.Return<RunningActor, StartFailure, Scope.Scope> {
  const meter = makeMeter(actor.name)
  yield* meter.start(actor.limits.capacity)
  const stopRefreshing = health.addFigures(Effect.flatMap(Clock.currentTimeMillis, meter.refresh))
  yield* Effect.addFinalizer(() => stopRefreshing)
  const figures = yield* restartFigures(actor.name)
  const instance = newBatchId()
  const { served, setServed } = makeServed()
  const self = Self.of({ name: actor.name, meter, health, announce, announced, instance, setServed })
  const up = yield* Deferred.make<void, StartFailure>()
  const failed = yield* Deferred.make<never, StartFailure>()
  let upSince: number | undefined
  let crashes = 0

  const onUp = Effect.gen(function* () {
    upSince = yield* Clock.currentTimeMillis
    health.setActor(actor.name, "up")
    yield* Deferred.succeed(up, undefined)
  })
  const runOnce = actor.run(context, onUp).pipe(Effect.provideService(Self, self), Effect.exit)

  /** Waits before the next start; false when the actor is not started again. */
  const shouldRestart = Effect.fnUntraced(function* (cause: Cause.Cause<StartFailure>) {
    if (yield* Deferred.failCause(up, cause)) return false
    const now = yield* Clock.currentTimeMillis
    if (upSince !== undefined && now - upSince > healthyAfterMs) crashes = 0
    upSince = undefined
    crashes += 1
    yield* figures.crashed(cause)
    health.setActor(actor.name, "restarting")
    if (crashes <= maxCrashes) {
      yield* Effect.logError("the actor crashed and is restarted", cause, { crashes })
      yield* Effect.sleep(failureBackoffMs(crashes))
      yield* figures.restarted
      return true
    }
    yield* Effect.logError("the actor crashed too often and is not restarted", cause)
    yield* figures.gaveUp
    health.setActor(actor.name, "given up")
    yield* Effect.sleep(givenUpNoticeMs)
    yield* Deferred.fail(failed, givenUp(actor.name, cause))
    return false
  })

  const supervised = Effect.gen(function* () {
    while (true) {
      const exit = yield* runOnce
      if (Exit.isSuccess(exit) || !(yield* shouldRestart(exit.cause))) return
    }
  })

  health.setActor(actor.name, "starting")
  const fiber = yield* Effect.forkScoped(Effect.annotateLogs(supervised, { actor: actor.name }))
  yield* Deferred.await(up)
  const drain = Effect.suspend(() => {
    health.setActor(actor.name, "stopping")
    return Fiber.interrupt(fiber)
  })
  return {
    actor,
    meter,
    instance,
    served,
    restarts: figures.reported,
    drain,
    failed: Deferred.await(failed)
  }
})
