/** Processor time of processes, which does not depend on what else runs on the machine. On Linux. */
import { readFileSync } from "node:fs"

/** What the process has used so far, microseconds (in steps of a clock tick, 10 ms). */
export const processorTime = ({
  process
}: {
  readonly process: { readonly pid?: number | undefined }
}): number => {
  const fields = readFileSync(`/proc/${process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
