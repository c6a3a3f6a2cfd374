/** SIGINT and SIGTERM: the first asks the process to stop, the second ends it at once. */
import { Effect } from "effect"

/** Returns the first signal that arrives. From then on another one ends the process with exit code 130. */
export const firstSignal: Effect.Effect<NodeJS.Signals> = Effect.callback((resume) => {
  let isStopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(130)
    isStopping = true
    resume(Effect.succeed(signal))
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
})
