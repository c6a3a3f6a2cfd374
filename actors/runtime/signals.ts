/**
 * SIGINT and SIGTERM: the first asks the process to stop, a later one ends it at once. A worker (worker.ts) stops when its
 * supervisor has ended, too, and what npm started when the shell that npm put between has. Heard until the scope closes.
 */
import { Deferred, Effect } from "effect"
import { whenLauncherEnds } from "./npm-parent.ts"
import { thisWorker, whenAlone } from "./workers/worker.ts"

/** A signal may come twice: from the terminal, and passed on by `bun run` or `npm`. Within this time it is one, ms. */
const echo = 500

/**
 * Begins to listen; what it returns waits for the first signal. A later one ends the process with exit code 130; a worker
 * leaves that to its supervisor, which passes on any signal that both have heard.
 */
export const listenForSignals = Effect.gen(function* () {
  const first = yield* Deferred.make<NodeJS.Signals>()
  let heard = 0
  const stop = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (Deferred.doneUnsafe(first, Effect.succeed(signal))) heard = now
    else if (thisWorker === undefined && now - heard > echo) process.exit(130)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      process.on("SIGINT", stop).on("SIGTERM", stop)
      return [whenAlone(() => stop("SIGTERM")), whenLauncherEnds(() => stop("SIGTERM"))]
    }),
    (watches) =>
      Effect.sync(() => {
        for (const endWatch of watches) endWatch()
        process.off("SIGINT", stop).off("SIGTERM", stop)
      })
  )
  return Deferred.await(first)
})
