/** Removes what the file need not remember any longer: a bounded part at a time. */
import { lastCalls } from "../last-calls.ts"
import { isForgettable, targetMemoryMs } from "../target-record.ts"
import type { Statements } from "./statements.ts"
import { targetIn } from "./step.ts"

/** Rows removed at once, of each kind. */
const limit = 10_000
const maxTargets = 100

/** `horizon`: how long event ids are stored, milliseconds. */
export const forget = (run: Statements, now: number, horizon: number): void => {
  run.forgetSeen.run(now - horizon, limit)
  run.forgetGates.run(now, limit)
  run.forgetCalls.run(now - lastCalls.memoryMs, limit)
  for (const { name, state } of run.unused.all(now - targetMemoryMs, maxTargets)) {
    if (isForgettable(targetIn(state))) run.forgetTarget.run(String(name))
    else run.reuse.run(now, String(name))
  }
}
