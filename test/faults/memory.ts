/** The memory of a process of a world. */
import { readFileSync } from "node:fs"

/** Resident memory of the process, megabytes; 0 for one that has ended. Linux only. */
export const residentMegabytes = (pid: number | undefined): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}
