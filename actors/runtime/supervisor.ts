/**
 * The life of one actor: started, restarted with growing pauses when it crashes, and drained when it is stopped.
 * What fails before it was ever up ends the start; ten crashes without a healthy minute between them end the process.
 */
import { type Cause, Clock, type Context, Deferred, Effect, Exit, Fiber, type Scope } from "effect"
import type { Actor, StartFailure } from "./actor.ts"
import { Self } from "./actor-context.ts"
import type { Health } from "./health.ts"
import { failurePause } from "./inbox/backoff.ts"
import { type Meter, makeMeter } from "./metrics.ts"

/** An actor that runs. */
export interface Life {
  readonly actor: Actor
  readonly meter: Meter
  /** Stops taking messages, finishes those taken, releases everything; returns when that is done. */
  readonly drain: Effect.Effect<void>
  /** Fails when the actor is given up. Never succeeds. */
  readonly givenUp: Effect.Effect<never, StartFailure>
}

const healthyAfter = 60_000
const crashesAllowed = 10

/** Starts the actor in the scope and returns when it is up; fails as its first start does. */
export const start = Effect.fnUntraced(function* (
  actor: Actor,
  context: Context.Context<never>,
  health: Health,
  announce: (what: string, url: string) => void,
  announced: (what: string) => string | undefined = () => undefined
): Effect.fn.Return<Life, StartFailure, Scope.Scope> {
  const meter = makeMeter(actor.name)
  const self = Self.of({ name: actor.name, meter, health, announce, announced })
  const up = yield* Deferred.make<void, StartFailure>()
  const givenUp = yield* Deferred.make<never, StartFailure>()
  let upSince: number | undefined
  let crashes = 0

  const comesUp = Effect.gen(function* () {
    upSince = yield* Clock.currentTimeMillis
    health.setActor(actor.name, "up")
    yield* Deferred.succeed(up, undefined)
  })
  const oneLife = actor.live(context, comesUp).pipe(Effect.provideService(Self, self), Effect.exit)

  const isToRestart = Effect.fnUntraced(function* (cause: Cause.Cause<StartFailure>) {
    if (yield* Deferred.failCause(up, cause)) return false
    const now = yield* Clock.currentTimeMillis
    if (upSince !== undefined && now - upSince > healthyAfter) crashes = 0
    upSince = undefined
    crashes += 1
    health.setActor(actor.name, "restarting")
    if (crashes <= crashesAllowed) {
      yield* Effect.logError("the actor crashed and starts again", cause, { crashes })
      yield* Effect.sleep(failurePause(crashes))
      return true
    }
    yield* Effect.logError("the actor crashed too often and is given up", cause)
    yield* Deferred.failCause(givenUp, cause)
    return false
  })

  const supervised = Effect.gen(function* () {
    while (true) {
      const exit = yield* oneLife
      if (Exit.isSuccess(exit) || !(yield* isToRestart(exit.cause))) return
    }
  })

  health.setActor(actor.name, "starting")
  const fiber = yield* Effect.forkScoped(Effect.annotateLogs(supervised, { actor: actor.name }))
  yield* Deferred.await(up)
  const drain = Effect.suspend(() => {
    health.setActor(actor.name, "stopping")
    return Fiber.interrupt(fiber)
  })
  return { actor, meter, drain, givenUp: Deferred.await(givenUp) }
})
