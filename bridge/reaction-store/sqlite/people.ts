/** What people see of the reactions in the file, and what they do: targets, calls, dead deliveries, rules. */
import type { DeliveryId, TargetName } from "../../../contracts/reactions/delivery.ts"
import { lastCalls } from "../last-calls.ts"
import type {
  CallRecord,
  NewDelivery,
  ReactionLedger,
  RuleTotals,
  StoredRule,
  TargetStatus
} from "../service.ts"
import { stateOf } from "../target-record.ts"
import { insert } from "./add.ts"
import type { Statements } from "./statements.ts"
import { type LineKind, type Step, targetIn } from "./step.ts"

export const ledgerOf = (run: Statements): ReactionLedger => {
  const counts = new Map<string, Map<LineKind, number>>()
  const suppressed = new Map<string, Record<string, number>>()
  for (const row of run.lines.all()) {
    const [rule, kind, count] = [String(row.rule), String(row.kind) as LineKind, Number(row.count)]
    const line = counts.get(rule) ?? new Map<LineKind, number>()
    counts.set(rule, line.set(kind, count))
    if (kind === "suppressed") suppressed.set(rule, { ...suppressed.get(rule), [String(row.reason)]: count })
  }
  const inPlace = run.inPlace.get()
  return {
    rules: [...counts].map(([rule, line]): RuleTotals => {
      const of = (kind: LineKind): number => line.get(kind) ?? 0
      return {
        ...{ rule, matched: of("matched"), delivered: of("delivered"), dead: of("dead") },
        ...{ discarded: of("discarded"), replayed: of("replayed"), suppressed: suppressed.get(rule) ?? {} },
        ...{ waiting: of("waiting"), inFlight: of("in flight") }
      }
    }),
    waiting: Number(inPlace?.waiting ?? 0),
    inFlight: Number(inPlace?.flying ?? 0),
    oldestWaiting: typeof inPlace?.oldest === "number" ? inPlace.oldest : undefined
  }
}

export const targetsIn = (run: Statements, limit: number, now: number): ReadonlyArray<TargetStatus> =>
  run.targets.all(limit).map(({ name, state }) => {
    const target = targetIn(state)
    const { waiting, inFlight, failures, worked, failed, lastCall, disabledFor } = target
    return {
      ...{ target: String(name) as TargetName, ...stateOf(target, now), waiting, inFlight },
      ...{ failures, worked, failed, lastCall: lastCall === 0 ? undefined : lastCall, disabledFor }
    }
  })

export const callsIn = (
  run: Statements,
  { rule, target }: { readonly rule?: string; readonly target?: TargetName },
  limit: number
): ReadonlyArray<CallRecord> => {
  const rows =
    target !== undefined
      ? run.callsOfTarget.all(target, lastCalls.ofTarget)
      : rule !== undefined
        ? run.callsOfRule.all(rule, lastCalls.ofRule)
        : run.calls.all(lastCalls.ofAll)
  return rows
    .map((row) => ({
      ...{ at: Number(row.at), rule: String(row.rule) },
      ...{ target: String(row.target) as TargetName, text: String(row.text) }
    }))
    .filter((call) => rule === undefined || call.rule === rule)
    .slice(0, limit)
}

export const replay = (step: Step, delivery: NewDelivery): "done" | "gone" => {
  const rule = revive(step, delivery.id)
  if (rule === undefined) return "gone"
  step.count(rule, "replayed", 1)
  insert(step, delivery, rule)
  return "done"
}

export const discard = (step: Step, id: DeliveryId): boolean => {
  const rule = revive(step, id)
  if (rule === undefined) return false
  step.count(rule, "discarded", 1)
  return true
}

/** The line of a delivery that died, which it leaves; undefined when it is not one. */
const revive = ({ run, count }: Step, id: DeliveryId): string | undefined => {
  const rule = run.dead.get(id)?.rule
  if (rule === undefined) return undefined
  run.revive.run(id)
  count(String(rule), "dead", -1)
  return String(rule)
}

export const rulesVersion = (run: Statements): number => Number(run.version.get()?.version ?? 0)

export const rulesIn = (run: Statements) => ({
  version: rulesVersion(run),
  rules: run.rules.all().map(({ name, text }): StoredRule => ({ name: String(name), text: String(text) }))
})

export const putRule = (run: Statements, { name, text }: StoredRule): "created" | "replaced" => {
  const isKnown = run.rule.get(name) !== undefined
  run.putRule.run(name, text)
  run.changeRules.run()
  return isKnown ? "replaced" : "created"
}

export const removeRule = (run: Statements, name: string): boolean => {
  const isRemoved = Number(run.removeRule.run(name).changes) > 0
  if (isRemoved) run.changeRules.run()
  return isRemoved
}
