/** Waits until something on Redis can be claimed: what this process adds wakes it at once, what others add within 100 ms. */
import { Clock, Effect } from "effect"
import type { Script } from "../../redis/types.ts"
import type { Signal } from "../../signal.ts"
import { claimableKey, leasesKey } from "./keys.ts"

/** Pause before a server that does not reply is asked again, milliseconds. */
const absentMs = 500

/** `next`: the script that replies how long to wait, at most 100 ms. `excepted`: the targets that this process does not take. */
export const awaitDueOn =
  (next: Script, added: Signal, excepted: () => ReadonlyArray<string>) =>
  (maxMs: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      const end = (yield* Clock.currentTimeMillis) + maxMs
      for (;;) {
        const changed = added.next()
        const left = end - (yield* Clock.currentTimeMillis)
        if (left <= 0) return
        const reply = yield* Effect.orElseSucceed(next([claimableKey, leasesKey], excepted()), () => absentMs)
        if (reply === 0) return
        yield* Effect.timeoutOption(changed, Math.min(left, Number(reply)))
      }
    })
