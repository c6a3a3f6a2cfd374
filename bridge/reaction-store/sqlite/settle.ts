/** Settles deliveries of the file. */

import { lastCalls } from "../last-calls.ts"
import type { BreakerRules, CallRecord, Settlement } from "../service.ts"
import { called, limit } from "../target-record.ts"
import { add } from "./add.ts"
import { type Step, wholeTime } from "./step.ts"

/** False for one whose lease another claim has. */
export const settle = (step: Step, settlement: Settlement, breaker: BreakerRules): boolean => {
  const row = step.run.delivery.get(settlement.id)
  if (row === undefined || row.lease !== settlement.lease) return false
  const rule = String(row.rule)
  const target = step.change(String(row.target))
  const { health, holdUntil = 0, disables = false, call, spawn = [], suppressed = [] } = settlement
  if (row.until === null) {
    target.waiting -= 1
    step.count(rule, "waiting", -1)
  } else {
    target.inFlight -= 1
    step.count(rule, "in flight", -1)
  }
  called(target, health, breaker, step.now)
  target.heldUntil = Math.max(target.heldUntil, wholeTime(holdUntil))
  if (disables && !target.disabledFor.includes(rule)) target.disabledFor.push(rule)
  finish(step, settlement, { number: Number(row.rowid), rule, target, attempt: Number(row.attempt) })
  if (call !== undefined) addCall(step, call)
  if (spawn.length > 0) add(step, spawn)
  for (const one of suppressed) {
    step.count(one.rule, "matched", one.count)
    step.count(one.rule, "suppressed", one.count, one.reason)
  }
  return true
}

interface Settled {
  readonly number: number
  readonly rule: string
  readonly target: ReturnType<Step["change"]>
  readonly attempt: number
}

const finish = (step: Step, { id, outcome }: Settlement, { number, rule, target, attempt }: Settled) => {
  const { run, now, count, change } = step
  switch (outcome.kind) {
    case "delivered":
      run.remove.run(number)
      return count(rule, "delivered", 1)
    case "dead":
      run.remove.run(number)
      run.die.run(id, rule)
      return count(rule, "dead", 1)
    case "retry":
    case "released": {
      const tried = outcome.kind === "retry" ? attempt : Math.max(0, attempt - 1)
      run.wait.run(target.round, wholeTime(outcome.at), tried, number)
      target.waiting += 1
      return count(rule, "waiting", 1)
    }
    case "next": {
      const next = change(outcome.target)
      if (next.disabledFor.includes(rule)) {
        run.remove.run(number)
        return count(rule, "suppressed", 1, "target disabled")
      }
      limit(next, rule, outcome.limits, now)
      run.goOn.run(outcome.target, next.round, now, outcome.content, number)
      next.waiting += 1
      return count(rule, "waiting", 1)
    }
  }
}

/** A call is kept while it is among the last ones of its rule, of its target, or of all. */
const addCall = ({ run }: Step, { at, rule, target, text }: CallRecord): void => {
  const { ofRule, ofTarget, ofAll } = lastCalls
  run.addCall.run(wholeTime(at), rule, target, text)
  const behind = [
    run.behindRule.get(rule, ofRule),
    run.behindTarget.get(target, ofTarget),
    run.behindAll.get(ofAll)
  ]
  for (const place of new Set(behind.flatMap((row) => (row === undefined ? [] : [Number(row.place)])))) {
    const old = run.callAt.get(place)
    if (old === undefined) continue
    const isKept = [
      run.behindRule.get(String(old.rule), ofRule),
      run.behindTarget.get(String(old.target), ofTarget),
      run.behindAll.get(ofAll)
    ].some((row) => row === undefined || Number(row.place) < place)
    if (!isKept) run.removeCall.run(place)
  }
}
