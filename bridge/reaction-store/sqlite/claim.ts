/** Claims deliveries of the file, and lets those wait again whose lease has expired. */
import type { DeliveryId, TargetName } from "../../../contracts/reactions/delivery.ts"
import type { ClaimedDelivery, ClaimOptions } from "../service.ts"
import { allowance, claimed } from "../target-record.ts"
import { type Step, wholeTime } from "./step.ts"

/** Expired leases ended, and targets looked at, by one claim. */
const maxExpired = 200
const maxTargets = 100

/** Leases are named `<lease>:<place>`. */
export const claim = (step: Step, lease: string, options: ClaimOptions): ReadonlyArray<ClaimedDelivery> => {
  endLeases(step)
  step.finish(options.concurrency)
  const { except = [], max, concurrency } = options
  const found: Array<ClaimedDelivery> = []
  const left = new Map<TargetName, number>()
  for (const row of step.run.claimable.all(step.now, maxTargets + except.length)) {
    const name = String(row.name) as TargetName
    if (except.includes(name)) continue
    if (left.size >= max) break
    const allowed = allowance(step.change(name), step.now, concurrency)
    if (allowed > 0) left.set(name, Math.min(allowed, max))
  }
  // First an equal share for each, then what the others left.
  for (const share of [Math.max(1, Math.floor(max / Math.max(1, left.size))), max]) {
    for (const [name, allowed] of left) {
      const count = Math.min(allowed, share, max - found.length)
      if (count <= 0) continue
      const taken = take(step, name, count, (place) => `${lease}:${found.length + place}`, options.leaseMs)
      found.push(...taken)
      left.set(name, taken.length < count ? 0 : allowed - count)
    }
  }
  return found
}

const take = (
  { run, now, read, count }: Step,
  target: TargetName,
  limit: number,
  leaseAt: (place: number) => string,
  leaseMs: number
): ReadonlyArray<ClaimedDelivery> => {
  const record = read(target)
  const rows = run.due.all(target, record.round, now, limit)
  if (rows.length > 0) claimed(record, rows.length, now)
  return rows.map((row, place) => {
    const [rule, lease, attempt] = [String(row.rule), leaseAt(place), Number(row.attempt) + 1]
    run.claim.run(attempt, lease, wholeTime(now + leaseMs), Number(row.rowid))
    count(rule, "waiting", -1)
    count(rule, "in flight", 1)
    return {
      ...{ id: String(row.id) as DeliveryId, rule, target, lease, attempt },
      ...{ created: Number(row.created), expires: Number(row.expires) },
      content: row.content instanceof Uint8Array ? row.content : new Uint8Array()
    }
  })
}

const endLeases = ({ run, now, change, count }: Step): void => {
  for (const row of run.expired.all(now, maxExpired)) {
    const [rule, target] = [String(row.rule), change(String(row.target))]
    target.inFlight -= 1
    target.waiting += 1
    count(rule, "in flight", -1)
    count(rule, "waiting", 1)
    run.expire.run(target.round, now, Number(row.rowid))
  }
}
