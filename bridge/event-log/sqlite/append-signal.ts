/** A bell that wakes whoever waits for it: rung when this process has appended something. */
import { Deferred, Effect } from "effect"

export interface Bell {
  /** Returns when the bell is rung after this call, also when that happens before the effect is run. */
  readonly next: () => Effect.Effect<void>
  readonly ring: () => void
}

export const makeBell = (): Bell => {
  let coming = Deferred.makeUnsafe<void>()
  return {
    next: () => Deferred.await(coming),
    ring: () => {
      const rung = coming
      coming = Deferred.makeUnsafe<void>()
      Deferred.doneUnsafe(rung, Effect.void)
    }
  }
}
