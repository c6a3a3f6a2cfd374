/** A signal that wakes waiting readers when this process has appended records. */
import { Deferred, Effect } from "effect"

export interface AppendSignal {
  /** Waits for the first signal after this call, even one before the effect runs. */
  readonly next: () => Effect.Effect<void>
  readonly notify: () => void
}

export const makeAppendSignal = (): AppendSignal => {
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
