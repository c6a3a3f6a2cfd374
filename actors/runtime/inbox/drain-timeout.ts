/**
 * The graceful end of an inbox: waits for messages in flight, but stops early enough that the process can still release
 * what it claimed before DRAIN_TIMEOUT ends it. Lives as long as one run of the inbox.
 */
import { Deferred, Duration, Effect, FiberSet } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { readAll } from "../../../contracts/setting.ts"
import { drainTimeout } from "../settings.ts"

/** The share of DRAIN_TIMEOUT spent on waiting. The rest is for releasing batches, and for the actors drained next. */
const waitShare = 0.5

/**
 * When the scope closes, waits for the fibers. Returns an effect that never succeeds, and fails when the waiting time
 * is over: race it against whatever may take long. The scope then waits for the fibers to release what they hold.
 */
export const awaitInFlight = Effect.fnUntraced(function* (inFlight: FiberSet.FiberSet<void, never>) {
  const settings = yield* readAll({ drainTimeout })
  const outOfTime = yield* Deferred.make<never, Failure>()
  yield* Effect.addFinalizer(() =>
    FiberSet.awaitEmpty(inFlight).pipe(
      Effect.timeoutOption(Duration.times(settings.drainTimeout, waitShare)),
      Effect.andThen(Deferred.fail(outOfTime, stopping)),
      Effect.andThen(FiberSet.awaitEmpty(inFlight))
    )
  )
  return Deferred.await(outOfTime)
})

const stopping = new Failure({
  reason: "timeout",
  message: "the process is stopping and its time to wait is over"
})
