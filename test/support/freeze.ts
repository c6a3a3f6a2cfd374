/** Freezes a process as a fault: it keeps its memory and its connections, but does not run. */
import { readdirSync, readFileSync } from "node:fs"

/** Maximum time of a process to stop after SIGSTOP, milliseconds. */
const stopTimeoutMs = 5000

/**
 * Stops the process (SIGSTOP) and returns when all its threads have stopped: the signal takes effect asynchronously.
 * Blocks this thread meanwhile, so that callers need no `await`. On systems other than Linux it only sends the signal.
 */
export const freeze = (pid: number): void => {
  process.kill(pid, "SIGSTOP")
  if (process.platform !== "linux") return
  const end = Date.now() + stopTimeoutMs
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  while (!isStopped(pid)) {
    if (Date.now() > end) throw new Error(`Process ${pid} did not stop within ${stopTimeoutMs} ms.`)
    Atomics.wait(sleeper, 0, 0, 1)
  }
}

/** Resumes the process (SIGCONT). */
export const unfreeze = (pid: number): void => {
  process.kill(pid, "SIGCONT")
}

const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) => stateOf(`/proc/${pid}/task/${task}/stat`) === "T")

/** The state letter after the program's name, which is in parentheses and may contain parentheses. A thread that has just ended counts as stopped. */
const stateOf = (path: string): string => {
  try {
    const stat = readFileSync(path, "latin1")
    return stat.charAt(stat.lastIndexOf(")") + 2)
  } catch {
    return "T"
  }
}
