/** Which processes run, as Linux tells it in /proc: one that ended and that nobody has asked about (a zombie) does not. */
import { readdirSync, readFileSync } from "node:fs"

const look = (pid: number): { readonly state: string; readonly parent: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}

export const isRunning = (pid: number): boolean => {
  if (process.platform === "linux") return !["Z", "X", undefined].includes(look(pid)?.state)
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Those that this process started and that still run. On Linux alone. */
export const childrenOf = (parent: number | undefined): ReadonlyArray<number> =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => look(pid)?.parent === parent && isRunning(pid))
