/** Freezing a process as a fault: it keeps its memory and its connections, and does nothing. */
import { readdirSync, readFileSync } from "node:fs"

/** How long a process may take to stop after SIGSTOP, milliseconds. */
const stopTime = 5000

/**
 * Stops the process (SIGSTOP) and returns when none of its threads runs any more: the signal alone is only on its way.
 * Blocks this thread meanwhile, so that nobody can forget to wait. Elsewhere than on Linux it only sends the signal.
 */
export const freeze = (pid: number): void => {
  process.kill(pid, "SIGSTOP")
  if (process.platform !== "linux") return
  const end = Date.now() + stopTime
  const pause = new Int32Array(new SharedArrayBuffer(4))
  while (!isStopped(pid)) {
    if (Date.now() > end) throw new Error(`Process ${pid} did not stop within ${stopTime} ms.`)
    Atomics.wait(pause, 0, 0, 1)
  }
}

/** Lets it go on (SIGCONT). */
export const unfreeze = (pid: number): void => {
  process.kill(pid, "SIGCONT")
}

const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) => stateOf(`/proc/${pid}/task/${task}/stat`) === "T")

/** The letter behind the program's name, which stands in brackets and may hold brackets itself. A thread may just have ended. */
const stateOf = (path: string): string => {
  try {
    const stat = readFileSync(path, "latin1")
    return stat.charAt(stat.lastIndexOf(")") + 2)
  } catch {
    return "T"
  }
}
