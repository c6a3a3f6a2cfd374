/** SIGINT and SIGTERM: the first asks the process to stop, the second ends it at once. Heard until the scope closes. */
import { Deferred, Effect } from "effect"

/** Begins to listen; what it returns waits for the first signal. Another one ends the process with exit code 130. */
export const listenForSignals = Effect.gen(function* () {
  const first = yield* Deferred.make<NodeJS.Signals>()
  const stop = (signal: NodeJS.Signals): void => {
    if (!Deferred.doneUnsafe(first, Effect.succeed(signal))) process.exit(130)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGINT", stop).on("SIGTERM", stop)),
    () => Effect.sync(() => process.off("SIGINT", stop).off("SIGTERM", stop))
  )
  return Deferred.await(first)
})
