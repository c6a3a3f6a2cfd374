/**
 * Several processes of one command on one machine: started together, each started again when it ends by itself, and
 * drained together at the first signal; a second one ends them at once. Lives from `runWorkers` until all have ended.
 */
import { fork } from "node:child_process"
import { Clock, Deferred, Effect, Fiber } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { failurePause } from "./inbox/pauses.ts"
import { listenForSignals } from "./signals.ts"

export interface Workers {
  /** The command, without what makes it start workers. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** What each worker has in its environment beside that of this process; as many as there are workers. */
  readonly environments: ReadonlyArray<Readonly<Record<string, string>>>
}

/** Before one has lived so long, its end means that it cannot start; later it makes up for earlier ends, milliseconds. */
const startTime = 10_000
const healthyAfter = 60_000
const endsAllowed = 10

/** How a worker ended: its exit code, or the signal that ended it. */
type End = number | NodeJS.Signals

/** Returns when all have drained after a signal. Fails when they cannot start, end again and again, or do not drain. */
export const runWorkers = Effect.fnUntraced(function* ({ file, args, environments }: Workers) {
  const signalled = yield* listenForSignals
  const givenUp = yield* Deferred.make<never, Failure>()
  const undrained: Array<End> = []
  let haveStarted = false

  const supervised = Effect.fnUntraced(function* (environment: Readonly<Record<string, string>>) {
    for (let ends = 1; ; ends++) {
      const begun = yield* Clock.currentTimeMillis
      const end = yield* worker(file, args, environment, (drained) => undrained.push(drained))
      const lived = (yield* Clock.currentTimeMillis) - begun
      haveStarted ||= lived > startTime
      if (end === 78 || (typeof end === "number" && !haveStarted))
        return yield* new Failure({
          reason: end === 78 ? "unreadable" : "unavailable",
          message: "The workers cannot start; why is said above."
        })
      if (lived > healthyAfter) ends = 1
      if (ends > endsAllowed)
        return yield* new Failure({ reason: "unavailable", message: "A worker ended too often." })
      yield* Effect.logError(`A worker ended (${end}) and is started again.`)
      yield* Effect.sleep(failurePause(ends))
    }
  })

  yield* Effect.logInfo(`Starting ${environments.length} workers.`)
  const fibers = yield* Effect.forEach(environments, (environment) =>
    Effect.forkScoped(Effect.onError(supervised(environment), (cause) => Deferred.failCause(givenUp, cause)))
  )
  yield* Effect.raceFirst(signalled, Deferred.await(givenUp)).pipe(
    Effect.ensuring(Effect.suspend(() => Fiber.interruptAll(fibers)))
  )
  if (undrained.length > 0)
    return yield* new Failure({
      reason: "unavailable",
      message: `A worker did not end as it should (${undrained.join(", ")}).`
    })
}, Effect.scoped)

/** One worker until it ends. Interrupting it drains the worker; `drained` is told when that did not end with 0. */
const worker = (
  file: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>,
  drained: (end: End) => void
): Effect.Effect<End> =>
  Effect.callback<End>((resume) => {
    const child = fork(file, args, { env: { ...process.env, ...environment } })
    const kill = (): void => void child.kill("SIGKILL")
    process.once("exit", kill)
    const ended = new Promise<End>((resolve) =>
      child.once("exit", (code, signal) => {
        process.off("exit", kill)
        resolve(code ?? signal ?? 1)
      })
    )
    void ended.then((end) => resume(Effect.succeed(end)))
    return Effect.promise(async () => {
      askToStop(child.pid)
      const end = await ended
      if (end !== 0) drained(end)
    })
  })

/** NOTE: on Deno a child that was sent a signal by `child.kill` is said to have ended by it, whatever it returned. */
const askToStop = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(pid, "SIGTERM")
  } catch {
    // It has just ended.
  }
}
