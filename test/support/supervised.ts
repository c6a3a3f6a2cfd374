/**
 * A supervisor with three workers for tests; the workers run this file too. The argument is the behaviour of the workers.
 * All processes print their state changes at once.
 */
import { writeSync } from "node:fs"
import { Effect } from "effect"
import { listenForSignals } from "../../actors/runtime/signals.ts"
import { runWorkers } from "../../actors/runtime/workers/supervisor.ts"
import { reportUp, thisWorker } from "../../actors/runtime/workers/worker.ts"

const [, file = "", behaviour = ""] = process.argv

const say = (text: string): void => void writeSync(1, `${text}\n`)

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Runs as a worker and returns its exit code. */
const worker = (number: number) =>
  Effect.gen(function* () {
    const supervisor = process.ppid
    say(`worker ${number} starts as ${process.pid}`)
    if (behaviour === "cannot start") say("It cannot be.")
    if (behaviour === "cannot start") return 78
    if (behaviour === "only one can" && number > 1) return 3
    while (behaviour === "is slow") if (!isAlive(supervisor)) break
    const signalled = yield* listenForSignals
    reportUp(false)
    say(`worker ${number} is up`)
    const signal = yield* signalled
    say(`worker ${number} drains`)
    while (behaviour === "hangs" && number === 2) {}
    if (behaviour === "takes its time") yield* Effect.never
    if (behaviour === "drains badly") return number
    if (behaviour === "receives it twice") {
      // From a terminal and, on a busy machine late, from the supervisor.
      for (const again of [300, 600]) setTimeout(() => process.kill(process.pid, signal), again)
      yield* Effect.sleep(700)
    }
    return 0
  }).pipe(Effect.scoped)

const supervisor = runWorkers({
  file,
  args: [behaviour],
  environments: [{}, {}, {}],
  drainTimeoutMs: behaviour === "hangs" ? 500 : 60_000
})

// Keeps the process running while it only waits for a signal.
const keep = setInterval(() => {}, 60_000)
const code = await Effect.runPromise(thisWorker === undefined ? supervisor : worker(thisWorker.number))
clearInterval(keep)
say(
  thisWorker === undefined
    ? `the supervisor ends with ${code}`
    : `worker ${thisWorker.number} ends with ${code}`
)
process.exit(code)
