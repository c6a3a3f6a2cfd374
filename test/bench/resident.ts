/** Memory of processes as the system counts it: what of them is resident, the runtime's own code included. On Linux. */
import { readFileSync, writeFileSync } from "node:fs"
import type { Spoor } from "../support/spoor.ts"

const megabytes = ({ process }: Spoor, name: "VmRSS" | "VmHWM"): number => {
  const status = readFileSync(`/proc/${process.pid}/status`, "utf8")
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1.024e-3
}

/** What is resident now, MB. */
export const resident = (spoor: Spoor): number => megabytes(spoor, "VmRSS")

/** The most that was resident since `forgetPeak`, MB. */
export const peak = (spoor: Spoor): number => megabytes(spoor, "VmHWM")

export const forgetPeak = ({ process }: Spoor): void => writeFileSync(`/proc/${process.pid}/clear_refs`, "5")
