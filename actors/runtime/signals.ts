/**
 * SIGINT and SIGTERM: the first one stops the process gracefully, a later one ends it at once. A worker (worker.ts) also
 * stops when its supervisor has ended, and a process started by npm when npm's shell has ended (npm-parent.ts). Listens
 * until the scope closes.
 */
import { Deferred, Effect } from "effect"
import { whenLauncherEnds } from "./npm-parent.ts"
import { thisWorker, whenSupervisorEnds } from "./workers/worker.ts"

/** A signal may arrive twice: from the terminal and passed on by `bun run` or `npm`. Within this time it counts as one, ms. */
const sameSignalMs = 500

/**
 * Starts to listen and returns an effect that waits for the first signal. A later one ends the process with exit code 130;
 * a worker leaves that to its supervisor, which passes signals on.
 */
export const listenForSignals = Effect.gen(function* () {
  const first = yield* Deferred.make<NodeJS.Signals>()
  let receivedAt = 0
  const stop = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (Deferred.doneUnsafe(first, Effect.succeed(signal))) receivedAt = now
    else if (thisWorker === undefined && now - receivedAt > sameSignalMs) process.exit(130)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      process.on("SIGINT", stop).on("SIGTERM", stop)
      return [whenSupervisorEnds(() => stop("SIGTERM")), whenLauncherEnds(() => stop("SIGTERM"))]
    }),
    (stops) =>
      Effect.sync(() => {
        for (const stopWatching of stops) stopWatching()
        process.off("SIGINT", stop).off("SIGTERM", stop)
      })
  )
  return Deferred.await(first)
})
