/** A signal between fibers of one process: it wakes everybody who waits for it. It has no memory. */
import { Deferred, Effect } from "effect"

export interface Signal {
  /** Waits for the first signal after this call, even one before the effect runs. */
  readonly next: () => Effect.Effect<void>
  readonly notify: () => void
}

export const makeSignal = (): Signal => {
  let pending = Deferred.makeUnsafe<void>()
  return {
    next: () => Deferred.await(pending),
    notify: () => {
      const notified = pending
      pending = Deferred.makeUnsafe<void>()
      Deferred.doneUnsafe(notified, Effect.void)
    }
  }
}
