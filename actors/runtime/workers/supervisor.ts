/**
 * The supervisor of several workers, processes of one command on one machine. The first worker is started alone, so that
 * a configuration error is printed once, then the others. A worker that ends by itself is restarted. At the first signal
 * all workers drain, a second one ends them at once, and none outlives the supervisor. Lives from `runWorkers` until all
 * workers have ended.
 */
import { type ChildProcess, fork } from "node:child_process"
import { constants } from "node:os"
import { Clock, Deferred, Effect, Fiber } from "effect"
import { listenWith } from "../hang-up.ts"
import { listenForSignals } from "../signals.ts"
import { asWorker, type UpMessage } from "./worker.ts"

export interface Workers {
  /** The command that each worker runs. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** For each worker, the environment variables that are added to those of this process. */
  readonly environments: ReadonlyArray<Readonly<Record<string, string>>>
  /** How long a worker may take to drain before it is killed, milliseconds. */
  readonly drainTimeoutMs: number
}

/** A run longer than this resets the restart pause, milliseconds. */
const healthyAfterMs = 60_000

/** The pause before a worker is restarted, after `ends` short runs (from 1), milliseconds. */
export const restartBackoffMs = (ends: number): number => Math.min(10_000, 250 * 2 ** Math.min(ends - 1, 10))

interface End {
  /** The exit code; after a signal 128 plus its number, as shells report it: 137 for SIGKILL. */
  readonly code: number
  readonly signal: NodeJS.Signals | null
  readonly wasUp: boolean
}

/**
 * Returns the exit code when all workers have ended: 0 when all drained after a signal, else the highest of their codes;
 * or the code of a worker that could not start, which has printed why.
 */
export const runWorkers = Effect.fnUntraced(function* ({
  file,
  args,
  environments,
  drainTimeoutMs
}: Workers) {
  const signalled = yield* listenForSignals
  const running = yield* killedOnExit
  const hangUps = yield* forwardHangUps
  const isUp = yield* Deferred.make<void>()
  const cannotStart = yield* Deferred.make<number>()
  const drained: Array<End> = []

  const runOnce = (number: number, environment: Readonly<Record<string, string>>): Effect.Effect<End> =>
    Effect.callback<End>((resume) => {
      const worker = asWorker({ number, of: environments.length })
      const child = fork(file, args, { env: { ...process.env, ...environment, ...worker } })
      running.add(child)
      let wasUp = false
      child.once("message", (message: UpMessage) => {
        wasUp = true
        if (message === "up, reloads") hangUps.reloading.add(child)
        Deferred.doneUnsafe(isUp, Effect.void)
      })
      const ended = endOf(child, () => wasUp).finally(() => {
        running.delete(child)
        hangUps.reloading.delete(child)
      })
      void ended.then((end) => resume(Effect.succeed(end)))
      return Effect.promise(async () => {
        signalTo(child.pid, "SIGTERM")
        const timer = setTimeout(() => child.kill("SIGKILL"), drainTimeoutMs)
        drained.push(await ended)
        clearTimeout(timer)
      })
    })

  const supervised = Effect.fnUntraced(function* (
    number: number,
    environment: Readonly<Record<string, string>>
  ) {
    let hasBeenUp = false
    for (let ends = 1; ; ends++) {
      const begun = yield* Clock.currentTimeMillis
      const { code, signal, wasUp } = yield* runOnce(number, environment)
      hasBeenUp ||= wasUp
      if (!hasBeenUp && signal === null && code > 0) return yield* Deferred.succeed(cannotStart, code)
      if ((yield* Clock.currentTimeMillis) - begun > healthyAfterMs) ends = 1
      const pauseMs = restartBackoffMs(ends)
      yield* Effect.logError(`Worker ${number} ended (${signal ?? code}) and is restarted in ${pauseMs} ms.`)
      yield* Effect.sleep(pauseMs)
    }
  })

  const fibers: Array<Fiber.Fiber<unknown>> = []
  const startAll = Effect.gen(function* () {
    for (const [index, environment] of environments.entries()) {
      const one = Effect.onError(supervised(index + 1, environment), (cause) =>
        Deferred.failCause(cannotStart, cause)
      )
      fibers.push(yield* Effect.forkScoped(one))
      yield* Deferred.await(isUp)
    }
    return yield* Effect.never
  })
  const outcome = yield* Effect.raceAllFirst([
    signalled,
    hangUps.drain,
    Deferred.await(cannotStart),
    startAll
  ])
  yield* Fiber.interruptAll(fibers)
  if (typeof outcome === "number") return outcome
  return Math.max(0, ...drained.map(codeOfDrain))
}, Effect.scoped)

/** How the worker ends. A worker that cannot be started is reported here. */
const endOf = (child: ChildProcess, wasUp: () => boolean): Promise<End> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) =>
      resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], signal, wasUp: wasUp() })
    )
    child.on("error", ({ message }) => {
      if (child.pid !== undefined) return
      process.stderr.write(`spoor: Cannot start a worker: ${message}\n`)
      resolve({ code: 1, signal: null, wasUp: wasUp() })
    })
  })

/** A signal from the terminal may end a worker before it listens; it has accepted nothing by then. */
const codeOfDrain = ({ code, signal, wasUp }: End): number =>
  !wasUp && (signal === "SIGINT" || signal === "SIGTERM" || signal === "SIGHUP") ? 0 : code

/** NOTE: on Deno a child signalled by `child.kill` is reported as ended by that signal, whatever its exit code. */
const signalTo = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(pid, signal)
  } catch {
    // The worker has just ended.
  }
}

/**
 * Passes SIGHUP on to the workers that can reload something (`reloading`). `drain` succeeds at a SIGHUP while there are
 * none: then all workers drain.
 */
const forwardHangUps = Effect.gen(function* () {
  const drain = yield* Deferred.make<"SIGHUP">()
  const reloading = new Set<ChildProcess>()
  yield* listenWith(() => {
    for (const { pid } of reloading) signalTo(pid, "SIGHUP")
    if (reloading.size === 0) Deferred.doneUnsafe(drain, Effect.succeed("SIGHUP"))
  })
  return { reloading, drain: Deferred.await(drain) }
})

/** The running children; those still running when this process exits are killed. */
const killedOnExit = Effect.gen(function* () {
  const running = new Set<ChildProcess>()
  const kill = (): void => {
    for (const child of running) child.kill("SIGKILL")
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("exit", kill)),
    () => Effect.sync(() => process.off("exit", kill))
  )
  return running
})
