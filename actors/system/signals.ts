/**
 * SIGINT and SIGTERM: the first asks the process to stop, a later one ends it at once. A worker (workers.ts) is asked to
 * stop by the end of its supervisor too. Heard until the scope closes.
 */
import { Deferred, Effect } from "effect"

/** A signal may come twice: from the terminal, and passed on by `bun run` or `npm`. Within this time it is one, ms. */
const echo = 500

/** Begins to listen; what it returns waits for the first signal. A later one ends the process with exit code 130. */
export const listenForSignals = Effect.gen(function* () {
  const first = yield* Deferred.make<NodeJS.Signals>()
  let heard = 0
  const stop = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (Deferred.doneUnsafe(first, Effect.succeed(signal))) heard = now
    else if (now - heard > echo) process.exit(130)
  }
  const left = (): void => void Deferred.doneUnsafe(first, Effect.succeed<NodeJS.Signals>("SIGTERM"))
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGINT", stop).on("SIGTERM", stop).on("disconnect", left)),
    () => Effect.sync(() => process.off("SIGINT", stop).off("SIGTERM", stop).off("disconnect", left))
  )
  return Deferred.await(first)
})
