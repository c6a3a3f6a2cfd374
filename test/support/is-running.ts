/** Whether processes are running, by /proc on Linux. A zombie (exited, but not yet reaped) does not count as running. */
import { readdirSync, readFileSync } from "node:fs"

const statOf = (pid: number): { readonly state: string; readonly parent: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}

export const isRunning = (pid: number): boolean => {
  if (process.platform === "linux") return !["Z", "X", undefined].includes(statOf(pid)?.state)
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The running child processes of `parent`. Linux only. */
export const childrenOf = (parent: number | undefined): ReadonlyArray<number> =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => statOf(pid)?.parent === parent && isRunning(pid))
