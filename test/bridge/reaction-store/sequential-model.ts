/** A store of reactions as a sequential model sees it: what each step does, without fences, indexes or bounds. */
import type {
  BreakerRules,
  ClaimedDelivery,
  ClaimOptions,
  NewDelivery,
  RuleTotals,
  Settlement
} from "../../../bridge/reaction-store/service.ts"

interface ModelDelivery {
  readonly rule: string
  target: string
  isDue: boolean
  isFlying: boolean
  /** Its lease ends before the next claim. */
  isEnding: boolean
  attempt: number
  lease: string | undefined
}

interface ModelTarget {
  isPaused: boolean
  isHeld: boolean
  isTripped: boolean
  isOpen: boolean
  openMs: number
  failures: number
  readonly disabled: Set<string>
  readonly limits: Map<string, number>
}

/** A time of the past is due, or has ended; one of the future never comes. */
const isPast = (time: number): boolean => time <= Date.now()

export const makeModel = () => {
  const deliveries = new Map<string, ModelDelivery>()
  const dead = new Map<string, string>()
  const targets = new Map<string, ModelTarget>()
  const once = new Map<string, number>()
  const windows = new Map<string, number>()
  const lines = new Map<string, { -readonly [name in keyof RuleTotals]: RuleTotals[name] }>()

  const targetOf = (name: string): ModelTarget => {
    const found = targets.get(name) ?? {
      ...{ isPaused: false, isHeld: false, isTripped: false, isOpen: false, openMs: 0, failures: 0 },
      ...{ disabled: new Set<string>(), limits: new Map<string, number>() }
    }
    targets.set(name, found)
    return found
  }
  const lineOf = (rule: string) => {
    const found = lines.get(rule) ?? {
      ...{ rule, matched: 0, delivered: 0, dead: 0, discarded: 0, replayed: 0, suppressed: {} },
      ...{ waiting: 0, inFlight: 0 }
    }
    lines.set(rule, found)
    return found
  }
  const of = (target: string) => [...deliveries.values()].filter((one) => one.target === target)

  const insert = ({ id, target, due, limits, rule }: NewDelivery, line = rule): void => {
    const { concurrency } = limits
    if (concurrency === undefined) targetOf(target).limits.delete(rule)
    else targetOf(target).limits.set(rule, concurrency)
    deliveries.set(id, {
      ...{ rule: line, target, isDue: isPast(due), isFlying: false, isEnding: false, attempt: 0 },
      lease: undefined
    })
  }

  /** Why the gates suppress it; else it has passed them in these maps. */
  const closed = (
    { gates }: NewDelivery,
    ends: Map<string, number>,
    counts: Map<string, number>
  ): string | undefined => {
    for (const gate of gates) {
      if (gate.kind === "once" && (ends.get(gate.key) ?? Number.NEGATIVE_INFINITY) > gate.at)
        return gate.until === Number.POSITIVE_INFINITY ? "not first" : "repeated"
      if (gate.kind === "rate" && (counts.get(`${gate.window} ${gate.key}`) ?? 0) >= gate.max)
        return "too many"
    }
    for (const gate of gates) {
      if (gate.kind === "once") ends.set(gate.key, gate.until)
      else counts.set(`${gate.window} ${gate.key}`, (counts.get(`${gate.window} ${gate.key}`) ?? 0) + 1)
    }
    return undefined
  }

  const add = (added: ReadonlyArray<NewDelivery>, together: boolean) => {
    const [ends, counts] = [new Map(once), new Map(windows)]
    const fresh = new Map<string, NewDelivery>()
    for (const one of added)
      if (!deliveries.has(one.id) && !dead.has(one.id) && !fresh.has(one.id)) fresh.set(one.id, one)
    const verdicts = [...fresh.values()].map((one) => ({
      one,
      reason: targetOf(one.target).disabled.has(one.rule) ? "target disabled" : closed(one, ends, counts)
    }))
    const first = verdicts.find(({ reason }) => reason !== undefined)?.reason
    const isVain = together && first !== undefined
    if (!isVain) {
      for (const [key, until] of ends) once.set(key, until)
      for (const [key, count] of counts) windows.set(key, count)
    }
    const result = { added: new Set<string>(), suppressed: new Map<string, string>() }
    for (const { one, reason = isVain ? first : undefined } of verdicts) {
      const line = lineOf(one.rule)
      line.matched += 1
      if (reason === undefined) {
        insert(one)
        result.added.add(one.id)
      } else {
        line.suppressed = { ...line.suppressed, [reason]: (line.suppressed[reason] ?? 0) + 1 }
        result.suppressed.set(one.id, reason)
      }
    }
    return result
  }

  const endLeases = (): void => {
    for (const one of deliveries.values()) {
      if (!one.isFlying || !one.isEnding) continue
      one.isFlying = false
      one.isDue = true
    }
  }

  /** How many of each target a claim may take. */
  const claimable = ({ concurrency, except = [] }: ClaimOptions): ReadonlyMap<string, number> =>
    new Map(
      [...targets].flatMap(([name, target]) => {
        const flying = of(name).filter(({ isFlying }) => isFlying).length
        const due = of(name).filter(({ isFlying, isDue }) => !isFlying && isDue).length
        const most = target.isTripped ? 1 : Math.min(...target.limits.values(), Number.POSITIVE_INFINITY)
        const limit = most === Number.POSITIVE_INFINITY ? concurrency : most
        const isBlocked =
          target.isPaused || target.isHeld || target.isOpen || except.some((one) => one === name)
        const count = isBlocked ? 0 : Math.min(due, Math.max(0, limit - flying))
        return count === 0 ? [] : [[name, count] as const]
      })
    )

  const call = (target: ModelTarget, { health }: Settlement, rules: BreakerRules): void => {
    if (health === "worked")
      Object.assign(target, { isTripped: false, isOpen: false, openMs: 0, failures: 0 })
    if (health !== "failed") return
    target.failures += 1
    if (target.isOpen || (!target.isTripped && target.failures < rules.failures)) return
    target.openMs = Math.min(target.isTripped ? target.openMs * 2 : rules.openMs, rules.maxOpenMs)
    target.isTripped = true
    target.isOpen = target.openMs > 0
  }

  const settle = (settlement: Settlement, rules: BreakerRules): boolean => {
    const { id, lease, outcome, holdUntil, disables, spawn } = settlement
    const one = deliveries.get(id)
    if (one === undefined || one.lease !== lease) return false
    const target = targetOf(one.target)
    call(target, settlement, rules)
    target.isHeld ||= holdUntil !== undefined && !isPast(holdUntil)
    if (disables === true) target.disabled.add(one.rule)
    Object.assign(one, { isFlying: false, isEnding: false, lease: undefined })
    if (outcome.kind === "delivered" || outcome.kind === "dead") {
      deliveries.delete(id)
      lineOf(one.rule)[outcome.kind] += 1
      if (outcome.kind === "dead") dead.set(id, one.rule)
    } else if (outcome.kind === "next" && targetOf(outcome.target).disabled.has(one.rule)) {
      deliveries.delete(id)
      const line = lineOf(one.rule)
      const reason = "target disabled"
      line.suppressed = { ...line.suppressed, [reason]: (line.suppressed[reason] ?? 0) + 1 }
    } else if (outcome.kind === "next") {
      Object.assign(one, { target: outcome.target, attempt: 0, isDue: true })
      const { concurrency } = outcome.limits
      if (concurrency === undefined) targetOf(one.target).limits.delete(one.rule)
      else targetOf(one.target).limits.set(one.rule, concurrency)
    } else {
      one.isDue = isPast(outcome.at)
      if (outcome.kind === "released") one.attempt -= 1
    }
    add(spawn ?? [], false)
    return true
  }

  return {
    add,
    settle,
    endLeases,
    claimable,
    suppress: (rule: string, reason: string, count: number): void => {
      if (count === 0) return
      const line = lineOf(rule)
      line.matched += count
      line.suppressed = { ...line.suppressed, [reason]: (line.suppressed[reason] ?? 0) + count }
    },
    /** Whether it may be claimed; if so, it is. */
    claim: ({ id, lease, attempt, target, rule }: ClaimedDelivery, isEnding: boolean): boolean => {
      const one = deliveries.get(id)
      if (one === undefined || one.isFlying || !one.isDue) return false
      Object.assign(one, { isFlying: true, isEnding, lease, attempt: one.attempt + 1 })
      return one.attempt === attempt && one.target === target && one.rule === rule
    },
    renew: (id: string, lease: string, isEnding: boolean): void => {
      const one = deliveries.get(id)
      if (one?.isFlying === true && one.lease === lease) one.isEnding = isEnding
    },
    pause: (name: string): void => {
      targetOf(name).isPaused = true
    },
    resume: (name: string): void => {
      const fresh = {
        isPaused: false,
        isHeld: false,
        isTripped: false,
        isOpen: false,
        openMs: 0,
        failures: 0
      }
      Object.assign(targetOf(name), fresh)
      for (const one of of(name)) if (!one.isFlying) one.isDue = true
    },
    enable: (name: string, rule: string): void => {
      targetOf(name).disabled.delete(rule)
    },
    replay: (delivery: NewDelivery): boolean => {
      const rule = dead.get(delivery.id)
      if (rule === undefined) return false
      dead.delete(delivery.id)
      lineOf(rule).dead -= 1
      lineOf(rule).replayed += 1
      insert(delivery, rule)
      return true
    },
    discard: (id: string): boolean => {
      const rule = dead.get(id)
      if (rule === undefined) return false
      dead.delete(id)
      lineOf(rule).dead -= 1
      lineOf(rule).discarded += 1
      return true
    },
    /** The lines that say something, in order. */
    lines: (): ReadonlyArray<RuleTotals> =>
      [...lines.values()]
        .map((line) => {
          const own = [...deliveries.values()].filter(({ rule }) => rule === line.rule)
          const inFlight = own.filter(({ isFlying }) => isFlying).length
          return { ...line, inFlight, waiting: own.length - inFlight }
        })
        .toSorted((one, other) => (one.rule < other.rule ? -1 : 1)),
    states: (): ReadonlyMap<string, string> =>
      new Map(
        [...targets].map(([name, { isPaused, isOpen, isHeld, isTripped }]) => [
          name,
          isPaused ? "paused" : isOpen ? "open" : isHeld ? "held" : isTripped ? "half-open" : "closed"
        ])
      )
  }
}
