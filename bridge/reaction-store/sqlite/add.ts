/** Adds deliveries to the file: those that are new, and that no gate suppresses. */
import type { DeliveryId } from "../../../contracts/reactions/delivery.ts"
import { gateKey, gateMemoryMs, refusalOf, targetDisabled } from "../gate-keys.ts"
import type { Added, Gate, NewDelivery } from "../service.ts"
import { limit } from "../target-record.ts"
import { type Step, wholeTime } from "./step.ts"

interface Suppressed {
  readonly id: DeliveryId
  readonly rule: string
  readonly reason: string
}

/** `together`: none is added when one is suppressed. Counts what it does in the lines of the ledger. */
export const add = (step: Step, deliveries: ReadonlyArray<NewDelivery>, together = false): Added => {
  const gates = openGates(step)
  const known = new Set<string>()
  const fresh = deliveries.filter(({ id }) => {
    const isNew = !known.has(id) && step.run.isKnown.get(id) === undefined
    known.add(id)
    return isNew
  })
  const passed: Array<NewDelivery> = []
  const suppressed: Array<Suppressed> = []
  for (const delivery of fresh) {
    const { id, rule, target } = delivery
    const isDisabled = step.read(target).disabledFor.includes(rule)
    const reason = isDisabled ? targetDisabled : gates.pass(delivery.gates)
    if (reason === undefined) passed.push(delivery)
    else suppressed.push({ id, rule, reason })
  }
  const [first] = suppressed
  if (together && first !== undefined)
    for (const { id, rule } of passed.splice(0)) suppressed.push({ id, rule, reason: first.reason })
  else gates.write()
  for (const delivery of passed) {
    step.count(delivery.rule, "matched", 1)
    insert(step, delivery)
  }
  for (const { rule, reason } of suppressed) {
    step.count(rule, "matched", 1)
    step.count(rule, "suppressed", 1, reason)
  }
  return {
    added: passed.map(({ id }) => id),
    suppressed: suppressed.map(({ id, reason }) => ({ id, reason }))
  }
}

/** The delivery waits, and counts for the line `rule`. */
export const insert = (step: Step, delivery: NewDelivery, rule = delivery.rule): void => {
  const { id, due, expires, content, limits } = delivery
  const target = step.change(delivery.target)
  limit(target, delivery.rule, limits, step.now)
  target.waiting += 1
  step.count(rule, "waiting", 1)
  const [from, until] = [wholeTime(due), wholeTime(expires)]
  step.run.add.run(id, rule, delivery.target, target.round, from, step.now, until, content)
}

/** The gates as this call has left them; nothing is written before `write`. */
const openGates = ({ run, now }: Step) => {
  const changed = new Map<string, { readonly value: number; readonly gate: Gate }>()
  const storedIn = (key: string): number | undefined => {
    const known = changed.get(key)?.value
    if (known !== undefined) return known
    const row = run.gate.get(key, now)
    return row === undefined ? undefined : Number(row.value)
  }
  return {
    /** Passes all gates, or none: the reason of the first that is closed. */
    pass: (gates: ReadonlyArray<Gate>): string | undefined => {
      const values = gates.map((gate) => ({ key: gateKey(gate), gate }))
      for (const { key, gate } of values) {
        const value = storedIn(key)
        if (value !== undefined && (gate.kind === "once" ? value > gate.at : value >= gate.max))
          return refusalOf(gate)
      }
      for (const { key, gate } of values)
        changed.set(key, {
          gate,
          value: gate.kind === "once" ? wholeTime(gate.until) : (storedIn(key) ?? 0) + 1
        })
      return undefined
    },
    write: (): void => {
      for (const [key, { value, gate }] of changed)
        run.setGate.run(key, value, wholeTime(now + gateMemoryMs(gate)))
    }
  }
}
