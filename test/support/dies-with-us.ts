/** Programs that a test starts must not outlive it: those still running when this process exits are killed. */
import type { ChildProcess } from "node:child_process"

const running = new Set<ChildProcess>()
let isWatching = false

/** Kills the program when this process exits, unless it has exited before. Returns the program. */
export const diesWithUs = <A extends ChildProcess>(child: A): A => {
  if (!isWatching) {
    isWatching = true
    process.once("exit", () => {
      for (const one of running) one.kill("SIGKILL")
    })
  }
  running.add(child)
  child.once("exit", () => running.delete(child))
  return child
}
