/** The salts of visitor ids at the edge, cached by the isolate and kept by the store. Lives as long as the isolate. */
import { Failure } from "../../contracts/failure.ts"
import { daysAt, newSalt, type SaltOf } from "../privacy/visitor-id.ts"
import type { WriteLog } from "./edge-log.ts"
import type { EdgeStore } from "./service.ts"

export interface EdgeSalts {
  readonly saltOf: SaltOf
  /**
   * Undefined when the salts of that time are known. Otherwise resolves when they are, or when the store does not answer:
   * events then have no visitor id.
   */
  readonly refresh: (now: number) => Promise<void> | undefined
}

export const edgeSalts = (agree: EdgeStore["salt"], log: WriteLog): EdgeSalts => {
  const salts = new Map<number, string>()
  let isAway = false

  const agreeOn = async (days: ReadonlyArray<number>): Promise<void> => {
    for (const day of salts.keys()) if (!days.includes(day)) salts.delete(day)
    try {
      for (const day of days) if (!salts.has(day)) salts.set(day, await agree(day, newSalt()))
      isAway = false
    } catch (cause) {
      const reason = cause instanceof Failure ? cause.message : String(cause)
      if (!isAway) log("WARN", `Events have no visitor id: the salt of the day is not known: ${reason}`)
      isAway = true
    }
  }

  return {
    saltOf: (day) => salts.get(day),
    refresh: (now) => {
      const days = daysAt(now)
      return days.every((day) => salts.has(day)) ? undefined : agreeOn(days)
    }
  }
}
