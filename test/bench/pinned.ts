/**
 * Pins programs to cores: the measured program gets a core of its own if the machine has several; load generators and
 * servers get the others. Without `taskset` no program is pinned, and the notes of the result say so.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpus } from "node:os"

/** The core of the measured program, or the cores of everything else. */
export type Place = "measured" | "load"

const canPin = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0 && cpus().length > 1

/** The cores of a place in taskset's notation: the last core for the measured program, the others for the load. */
const coresOf = (place: Place): string => {
  const last = cpus().length - 1
  if (place === "measured") return String(last)
  return last === 1 ? "0" : `0-${last - 1}`
}

/** The prefix of a command that pins it to that place. */
export const at = (place: Place): ReadonlyArray<string> => (canPin ? ["taskset", "-c", coresOf(place)] : [])

/** Pins a running process with all its threads. */
export const pin = (pid: number | undefined, place: Place): void => {
  if (canPin && pid !== undefined)
    execFileSync("taskset", ["-acp", coresOf(place), String(pid)], { stdio: "ignore" })
}

export const pinning = canPin
  ? `measured processes on core ${coresOf("measured")}, load and servers on ${coresOf("load")}`
  : "no process is pinned to a core"
