/** Processor time of processes, which depends little on other load of the machine. Linux only. */
import { readFileSync } from "node:fs"

/** Processor time used so far, microseconds (resolution: one clock tick, 10 ms). */
export const processorTime = ({
  process
}: {
  readonly process: { readonly pid?: number | undefined }
}): number => {
  const fields = readFileSync(`/proc/${process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
