/** Programs that a test starts must not outlive it: whatever still runs when this process ends is killed. */
import type { ChildProcess } from "node:child_process"

const running = new Set<ChildProcess>()
let isWatching = false

/** Kills the program when this process ends, unless it ended before. Returns it. */
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
