/**
 * Programs on fixed cores: what is measured has one of its own where the machine allows, whatever makes its load has
 * the other. Where the system has no `taskset` they run wherever it puts them, and the notes say so.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpus } from "node:os"

/** Which core: what is measured, or everything else. */
export type Place = "measured" | "load"

const canPin = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0 && cpus().length > 1

/** Cores of a place, as taskset has them: the last one is measured, the others make load. */
const coresOf = (place: Place): string => {
  const last = cpus().length - 1
  if (place === "measured") return String(last)
  return last === 1 ? "0" : `0-${last - 1}`
}

/** What to put before a command so that it runs there. */
export const at = (place: Place): ReadonlyArray<string> => (canPin ? ["taskset", "-c", coresOf(place)] : [])

/** Moves a process that runs, with all its threads. */
export const pin = (pid: number | undefined, place: Place): void => {
  if (canPin && pid !== undefined)
    execFileSync("taskset", ["-acp", coresOf(place), String(pid)], { stdio: "ignore" })
}

export const pinning = canPin
  ? `measured processes on core ${coresOf("measured")}, load and servers on ${coresOf("load")}`
  : "no process is pinned to a core"
