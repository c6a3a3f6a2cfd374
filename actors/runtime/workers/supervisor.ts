/**
 * The supervisor of several workers on one machine, processes of one command: the first is started alone, so that what
 * cannot work is said once, then the others. One that ends by itself is started again; at the first signal all drain, a
 * second one ends them at once, and none outlives the supervisor. Lives from `runWorkers` until all have ended.
 */
import { type ChildProcess, fork } from "node:child_process"
import { constants } from "node:os"
import { Clock, Deferred, Effect, Fiber } from "effect"
import { listenForSignals } from "../signals.ts"
import { asWorker } from "./worker.ts"

export interface Workers {
  /** The command. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** What each worker has in its environment beside that of this process; as many as there are workers. */
  readonly environments: ReadonlyArray<Readonly<Record<string, string>>>
  /** How long a worker may take to drain, milliseconds; then it is killed. */
  readonly patience: number
}

/** Who has lived so long makes up for those that ended before, milliseconds. */
const healthyAfter = 60_000

/** The pause before a worker is started again, after so many short lives (from 1), milliseconds. */
export const restartPause = (ends: number): number => Math.min(10_000, 250 * 2 ** Math.min(ends - 1, 10))

interface End {
  /** Its exit code; as a shell tells it when a signal ended it: 137 for SIGKILL. */
  readonly code: number
  readonly signal: NodeJS.Signals | null
  readonly wasUp: boolean
}

/**
 * Returns an exit code when all have ended: 0 when all drained after a signal, else the worst of their codes; the code
 * of a worker that could not start, which has said why.
 */
export const runWorkers = Effect.fnUntraced(function* ({ file, args, environments, patience }: Workers) {
  const signalled = yield* listenForSignals
  const running = yield* killedOnExit
  const isUp = yield* Deferred.make<void>()
  const cannotStart = yield* Deferred.make<number>()
  const drained: Array<End> = []

  const oneLife = (number: number, environment: Readonly<Record<string, string>>): Effect.Effect<End> =>
    Effect.callback<End>((resume) => {
      const worker = asWorker({ number, of: environments.length })
      const child = fork(file, args, { env: { ...process.env, ...environment, ...worker } })
      running.add(child)
      let wasUp = false
      child.once("message", () => {
        wasUp = true
        Deferred.doneUnsafe(isUp, Effect.void)
      })
      const ended = new Promise<End>((resolve) => {
        child.once("exit", (code, signal) => {
          running.delete(child)
          resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], signal, wasUp })
        })
        child.on("error", ({ message }) => {
          if (child.pid !== undefined) return
          process.stderr.write(`spoor: A worker cannot be started: ${message}\n`)
          resolve({ code: 1, signal: null, wasUp })
        })
      })
      void ended.then((end) => resume(Effect.succeed(end)))
      return Effect.promise(async () => {
        askToStop(child.pid)
        const timer = setTimeout(() => child.kill("SIGKILL"), patience)
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
      const { code, signal, wasUp } = yield* oneLife(number, environment)
      hasBeenUp ||= wasUp
      if (!hasBeenUp && signal === null && code > 0) return yield* Deferred.succeed(cannotStart, code)
      if ((yield* Clock.currentTimeMillis) - begun > healthyAfter) ends = 1
      const pause = restartPause(ends)
      yield* Effect.logError(
        `Worker ${number} ended (${signal ?? code}) and is started again in ${pause} ms.`
      )
      yield* Effect.sleep(pause)
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
  const outcome = yield* Effect.raceAllFirst([signalled, Deferred.await(cannotStart), startAll])
  yield* Fiber.interruptAll(fibers)
  if (typeof outcome === "number") return outcome
  return Math.max(0, ...drained.map(codeOfDrain))
}, Effect.scoped)

/** A signal of the terminal may end a worker before it listens; then it has taken nothing. */
const codeOfDrain = ({ code, signal, wasUp }: End): number =>
  !wasUp && (signal === "SIGINT" || signal === "SIGTERM") ? 0 : code

/** NOTE: on Deno a child that was sent a signal by `child.kill` is said to have ended by it, whatever it returned. */
const askToStop = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(pid, "SIGTERM")
  } catch {
    // It has just ended.
  }
}

/** Children that are killed when this process exits while they run. */
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
