/** Resident memory of processes as the system counts it, including the runtime's own code. Linux only. */
import { readFileSync, writeFileSync } from "node:fs"
import type { Spoor } from "../support/spoor.ts"

const megabytes = ({ process }: Spoor, name: "VmRSS" | "VmHWM"): number => {
  const status = readFileSync(`/proc/${process.pid}/status`, "utf8")
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1.024e-3
}

/** Resident memory now, MB. */
export const resident = (spoor: Spoor): number => megabytes(spoor, "VmRSS")

/** Maximum resident memory since `resetPeak`, MB. */
export const peak = (spoor: Spoor): number => megabytes(spoor, "VmHWM")

export const resetPeak = ({ process }: Spoor): void => writeFileSync(`/proc/${process.pid}/clear_refs`, "5")
