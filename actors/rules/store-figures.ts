/**
 * The metrics of the store of reactions: what waits and for how long, what is dead, matches by state, and targets that fail.
 * Every reactor and every deliverer exports them, so that they are there while the others are gone: read them with max. The
 * store is read every ten seconds until the scope closes.
 */
import { Clock, Effect, Metric } from "effect"
import type { ReactionLedger, ReactionStore, TargetStatus } from "../../bridge/reaction-store/service.ts"
import { missingIn, suppressedIn, totalOf } from "../inspect/ledger/reactions.ts"

const waiting = Metric.gauge("spoor_reactions_waiting", { description: "Deliveries that wait." })
const inFlight = Metric.gauge("spoor_reactions_in_flight", {
  description: "Deliveries that are claimed and not settled."
})
const oldest = Metric.gauge("spoor_reactions_oldest_waiting_age_seconds", {
  description:
    "Time since the oldest waiting delivery was made; deliveries of targets that fail or are paused count."
})
const dead = Metric.gauge("spoor_reactions_dead", {
  description: "Deliveries that are dead letters, neither replayed nor discarded."
})
const matches = Metric.gauge("spoor_reactions_matches", {
  description:
    "Matches by line of the ledger and state: matched, delivered, dead, discarded, suppressed, waiting, in_flight. Rule (others): lines beyond the first 500."
})
const discrepancy = Metric.gauge("spoor_reactions_discrepancy", {
  description:
    "Matches that are in no state of their rule, or in more than one, and deliveries that are not where they are counted."
})
const targets = Metric.gauge("spoor_reaction_targets", {
  description: "Targets by state: closed, open, half-open, held, paused."
})
const disabled = Metric.gauge("spoor_reaction_targets_disabled", {
  description:
    "Rules for which a target is disabled since it answered 410, until somebody enables it; summed over targets."
})
const failing = Metric.gauge("spoor_reaction_target_failing", {
  description:
    "1 while the circuit breaker of the target is open or half-open. Target (others): those beyond the first 100 that failed."
})
const failures = Metric.counter("spoor_reactions_figures_failures_total", {
  description: "Readings of the store of reactions that failed; the figures are those of the last one.",
  incremental: true
})

/** For the declaration of an actor. */
export const storeMetrics = [
  waiting,
  inFlight,
  oldest,
  dead,
  matches,
  discrepancy,
  targets,
  disabled,
  failing,
  failures
]

const intervalMs = 10_000

/** Labels come from rules and from URLs that events may fill, so their number is bounded. */
const maxRules = 500
const maxFailingTargets = 100
const maxTargets = 1_000
const others = "(others)"

const states = ["closed", "open", "half-open", "held", "paused"] as const

/** Exports the figures until the scope closes; at first 0. */
export const reactionStoreFigures = Effect.fnUntraced(function* (store: ReactionStore["Service"]) {
  const everFailed = new Set<string>()
  yield* showLedger({ rules: [], waiting: 0, inFlight: 0, oldestWaiting: undefined }, 0)
  yield* showTargets([], everFailed)
  yield* Metric.update(failures, 0)
  const read = Effect.gen(function* () {
    const [ledger, found] = yield* Effect.all([store.ledger, store.targets(maxTargets)], { concurrency: 2 })
    yield* showLedger(ledger, yield* Clock.currentTimeMillis)
    yield* showTargets(found, everFailed)
  })
  yield* read.pipe(
    Effect.catchTag("Failure", () => Metric.update(failures, 1)),
    Effect.andThen(Effect.sleep(intervalMs)),
    Effect.forever,
    Effect.forkScoped
  )
})

const showLedger = Effect.fnUntraced(function* (ledger: ReactionLedger, now: number) {
  const { rules, oldestWaiting } = ledger
  yield* Metric.update(waiting, ledger.waiting)
  yield* Metric.update(inFlight, ledger.inFlight)
  yield* Metric.update(oldest, oldestWaiting === undefined ? 0 : Math.max(0, (now - oldestWaiting) / 1_000))
  yield* Metric.update(dead, totalOf(rules).dead)
  yield* Metric.update(discrepancy, discrepancyOf(ledger))
  const lines = rules.slice(0, maxRules)
  for (const line of [...lines, { ...totalOf(rules.slice(maxRules)), rule: others }]) {
    const counts = {
      ...{ matched: line.matched, delivered: line.delivered, dead: line.dead, discarded: line.discarded },
      ...{ suppressed: suppressedIn(line), waiting: line.waiting, in_flight: line.inFlight }
    }
    for (const [state, count] of Object.entries(counts))
      yield* Metric.update(Metric.withAttributes(matches, { rule: line.rule, state }), count)
  }
})

/** 0 when every line adds up, and deliveries are where they are counted. */
const discrepancyOf = ({ rules, waiting: heldWaiting, inFlight: heldInFlight }: ReactionLedger): number => {
  const total = totalOf(rules)
  const inLines = rules.reduce((sum, line) => sum + Math.abs(missingIn(line)), 0)
  return inLines + Math.abs(total.waiting - heldWaiting) + Math.abs(total.inFlight - heldInFlight)
}

/** `everFailed`: the targets that have a series of their own, which is 0 once they work again. */
const showTargets = Effect.fnUntraced(function* (
  found: ReadonlyArray<TargetStatus>,
  everFailed: Set<string>
) {
  for (const state of states) {
    const count = found.filter((target) => target.state === state).length
    yield* Metric.update(Metric.withAttributes(targets, { state }), count)
  }
  yield* Metric.update(
    disabled,
    found.reduce((sum, { disabledFor }) => sum + disabledFor.length, 0)
  )
  const now = new Set<string>(
    found.filter(({ state }) => state === "open" || state === "half-open").map(({ target }) => target)
  )
  for (const target of now) if (everFailed.size < maxFailingTargets) everFailed.add(target)
  for (const target of everFailed)
    yield* Metric.update(Metric.withAttributes(failing, { target }), now.has(target) ? 1 : 0)
  const isBeyond = [...now].some((target) => !everFailed.has(target))
  yield* Metric.update(Metric.withAttributes(failing, { target: others }), isBeyond ? 1 : 0)
})
