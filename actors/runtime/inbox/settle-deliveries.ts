/**
 * Settles deliveries, as many together as come while the store is busy. While it does not respond, they are settled again
 * and again: what was done must be known. Lives as long as its scope.
 */
import { Deferred, Effect, type Scope } from "effect"
import { type Operation, observed } from "../../../bridge/outage.ts"
import type { BreakerRules, ReactionStore, Settlement } from "../../../bridge/reaction-store/service.ts"
import { makeSignal } from "../../../bridge/signal.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { failureBackoffMs } from "./backoff.ts"

export interface Settler {
  /** Returns when it is settled. When `outOfTime` fails, it is tried for two more seconds; then its lease ends by itself. */
  readonly settle: (settlement: Settlement, outOfTime: Effect.Effect<never, Failure>) => Effect.Effect<void>
}

/** Settlements in one step of the store. */
const maxTogether = 64

const lastTryMs = 2_000

interface Waiting {
  readonly settlement: Settlement
  readonly done: Deferred.Deferred<void>
}

export const makeSettler: (
  store: ReactionStore["Service"],
  breaker: BreakerRules,
  operation: Operation
) => Effect.Effect<Settler, never, Scope.Scope> = Effect.fnUntraced(function* (store, breaker, operation) {
  let waiting: Array<Waiting> = []
  let failures = 0
  const arrived = makeSignal()

  const settleSome = Effect.gen(function* () {
    if (waiting.length === 0) yield* arrived.next()
    const some = waiting.slice(0, maxTogether)
    if (some.length === 0) return
    const settlements = some.map(({ settlement }) => settlement)
    const outcome = yield* Effect.exit(observed(operation, store.settle(settlements, breaker)))
    if (outcome._tag === "Failure") {
      failures += 1
      return yield* Effect.sleep(failureBackoffMs(failures))
    }
    failures = 0
    waiting = waiting.filter((one) => !some.includes(one))
    yield* Effect.forEach(some, ({ done }) => Deferred.succeed(done, undefined), { discard: true })
    for (const [i, isSettled] of outcome.value.entries())
      if (!isSettled)
        yield* Effect.logInfo("A delivery was settled by another deliverer: its lease had ended.", {
          delivery: some[i]?.settlement.id
        })
  })
  yield* Effect.forkScoped(Effect.forever(settleSome))

  return {
    settle: (settlement, outOfTime) =>
      Effect.gen(function* () {
        const done = yield* Deferred.make<void>()
        waiting.push({ settlement, done })
        arrived.notify()
        const givenUp = outOfTime.pipe(Effect.ignore, Effect.andThen(Effect.sleep(lastTryMs)))
        yield* Effect.raceFirst(Deferred.await(done), givenUp)
      })
  }
})
