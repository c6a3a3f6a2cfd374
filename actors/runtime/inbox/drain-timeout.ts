/**
 * The end of an inbox that has taken something: what is under way is waited for, but not so long that the process is
 * ended before it could give back what it took. Lives as long as one run of the inbox.
 */
import { Deferred, Duration, Effect, FiberSet } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { readAll } from "../../../contracts/setting.ts"
import { drainTimeout } from "../settings.ts"

/** Of DRAIN_TIMEOUT so much is spent on waiting; the rest is for giving back, and for those who drain after us. */
const share = 0.5

/**
 * When the scope closes, waits for the fibers. Returns what never succeeds, and fails when there is no more time to
 * wait: race it against whatever takes long. Giving back is then waited for too.
 */
export const finishInTime = Effect.fnUntraced(function* (underWay: FiberSet.FiberSet<void, never>) {
  const settings = yield* readAll({ drainTimeout })
  const outOfTime = yield* Deferred.make<never, Failure>()
  yield* Effect.addFinalizer(() =>
    FiberSet.awaitEmpty(underWay).pipe(
      Effect.timeoutOption(Duration.times(settings.drainTimeout, share)),
      Effect.andThen(Deferred.fail(outOfTime, stopping)),
      Effect.andThen(FiberSet.awaitEmpty(underWay))
    )
  )
  return Deferred.await(outOfTime)
})

const stopping = new Failure({ reason: "timeout", message: "the process stops and can wait no longer" })
