/** Waits until something in the file can be claimed: until the known time, or the next change of the file. */
import { Clock, Effect } from "effect"
import type { ChangeSignal } from "../../sqlite/change-signal.ts"
import type { SqliteFile } from "../../sqlite/database.ts"
import type { Statements } from "./statements.ts"

/** `excepted`: the targets that this process does not take. */
export const awaitDueIn =
  (file: SqliteFile, run: Statements, changes: ChangeSignal, excepted: () => ReadonlyArray<string>) =>
  (maxMs: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      const end = (yield* Clock.currentTimeMillis) + maxMs
      for (;;) {
        const changed = changes.next()
        const now = yield* Clock.currentTimeMillis
        // A file that cannot be read is reported by the claim.
        const next = yield* Effect.orElseSucceed(
          file.read(() => nextTime(run, excepted())),
          () => end
        )
        const until = Math.min(end, next)
        if (until <= now) return
        yield* changed(until - now)
      }
    })

/** When a target can be claimed from, or a lease ends. */
const nextTime = (run: Statements, excepted: ReadonlyArray<string>): number => {
  const target = run.nextClaimable
    .all(excepted.length + 1)
    .find(({ name }) => !excepted.includes(String(name)))
  const lease = run.firstLease.get()?.time
  return Math.min(timeOf(target?.next), timeOf(lease))
}

const timeOf = (value: unknown): number => (typeof value === "number" ? value : Number.POSITIVE_INFINITY)
