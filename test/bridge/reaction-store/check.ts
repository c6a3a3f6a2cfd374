/** What the checks of the stores of reactions share: deliveries with defaults, and the shape of a check. */
import { expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import type { RecordRef } from "../../../bridge/keyed-store/fences.ts"
import type {
  BreakerRules,
  ClaimedDelivery,
  ClaimOptions,
  DeliveryOutcome,
  NewDelivery,
  ReactionChanges,
  ReactionLedger,
  ReactionPartition,
  ReactionStore,
  RuleTotals,
  Settlement
} from "../../../bridge/reaction-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { EventId, Topic } from "../../../contracts/ids.ts"
import type { DeliveryId, TargetName } from "../../../contracts/reactions/delivery.ts"

export type Store = ReactionStore["Service"]
export type Place = (horizon: number) => Effect.Effect<Store, Failure, Scope.Scope>

export type Check = (
  what: string,
  body: (store: Store, open: Place) => Effect.Effect<void, Failure, Scope.Scope>
) => void

export const hour = 3_600_000
/** A time after all tests. */
export const later = 4_000_000_000_000
export const at: ReactionPartition = { topic: "events" as Topic, partition: 0 }
export const id = (text: string): DeliveryId => text as DeliveryId
export const target = (text: string): TargetName => text as TargetName
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textIn = (content: Uint8Array): string => new TextDecoder().decode(content)

/** A place is an unused location; a store opened there again is the same store. */
export const checksAt =
  (place: Effect.Effect<Place, Failure, Scope.Scope>): Check =>
  (what, body) =>
    test(what, () =>
      Effect.gen(function* () {
        const open = yield* place
        yield* body(yield* open(hour), open)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
    )

/** Due now, of the rule `r` to `https://a.example`. */
export const delivery = (name: string, more: Partial<NewDelivery> = {}): NewDelivery => ({
  ...{ id: id(name), rule: "r", target: target("https://a.example"), due: 0, expires: later, gates: [] },
  ...{ limits: { concurrency: undefined, perSecond: undefined }, content: bytes(`content of ${name}`) },
  ...more
})

export const breaker: BreakerRules = { failures: 3, openMs: hour, maxOpenMs: 4 * hour }

export const claim = (store: Store, options: Partial<ClaimOptions> = {}) =>
  store.claim("tester", { max: 100, leaseMs: hour, concurrency: 1_000, ...options })

/** Claims one delivery. */
export const claimOne = Effect.fnUntraced(function* (store: Store, options: Partial<ClaimOptions> = {}) {
  const [one, ...more] = yield* claim(store, { max: 1, ...options })
  expect(more).toEqual([])
  if (one === undefined) throw new Error("Nothing was claimed.")
  return one
})

export const settlement = (
  { id: name, lease }: ClaimedDelivery,
  outcome: DeliveryOutcome,
  more: Partial<Settlement> = {}
): Settlement => ({ id: name, lease, outcome, health: "unknown", ...more })

export const settle = (store: Store, ...settlements: ReadonlyArray<Settlement>) =>
  store.settle(settlements, breaker)

export const delivered: DeliveryOutcome = { kind: "delivered" }

export const records = (
  ...places: ReadonlyArray<readonly [offset: number, id?: EventId]>
): ReadonlyArray<RecordRef> => places.map(([offset, name]) => ({ offset: String(offset), id: name }))

export const load = (store: Store, batch: ReadonlyArray<RecordRef>, partition = at) =>
  store.load(partition, batch, String(BigInt(batch.at(-1)?.offset ?? "-1") + 1n))

/** Loads the records and commits all of them with these changes. */
export const commit = Effect.fnUntraced(function* (
  store: Store,
  batch: ReadonlyArray<RecordRef>,
  changes: Partial<ReactionChanges> = {}
) {
  const { fences, version } = yield* load(store, batch)
  return yield* store.commit(at, version, {
    ...{ fences, handled: batch.length, deliveries: [], suppressed: [] },
    ...changes
  })
})

/** The ledger, whose lines must add up, and agree with what is counted in place. */
export const ledger = Effect.fnUntraced(function* (store: Store) {
  const found: ReactionLedger = yield* store.ledger
  for (const line of found.rules) {
    const suppressed = Object.values(line.suppressed).reduce((sum, count) => sum + count, 0)
    const { rule, delivered: sent, dead, discarded, waiting, inFlight } = line
    expect({ rule, matched: sent + dead + discarded + suppressed + waiting + inFlight }).toEqual({
      rule,
      matched: line.matched
    })
  }
  const sum = (of: (line: RuleTotals) => number): number =>
    found.rules.reduce((total, line) => total + of(line), 0)
  expect([sum(({ waiting }) => waiting), sum(({ inFlight }) => inFlight)]).toEqual([
    found.waiting,
    found.inFlight
  ])
  const targets = yield* store.targets(10_000)
  expect(targets.reduce((total, { waiting }) => total + waiting, 0)).toBe(found.waiting)
  expect(targets.reduce((total, { inFlight }) => total + inFlight, 0)).toBe(found.inFlight)
  return found
})

/** The line of a rule, zeros left out. */
export const line = Effect.fnUntraced(function* (store: Store, rule = "r") {
  const { rules } = yield* ledger(store)
  const found = rules.find((one) => one.rule === rule)
  return Object.fromEntries(
    Object.entries(found ?? {}).filter(
      ([name, value]) => name !== "rule" && value !== 0 && JSON.stringify(value) !== "{}"
    )
  )
})

export const targetOf = Effect.fnUntraced(function* (store: Store, name = "https://a.example") {
  const found = (yield* store.targets(1_000)).find((one) => one.target === name)
  if (found === undefined) throw new Error(`${name} is not known.`)
  return found
})

/** Nothing can be claimed, and whoever waits for it waits. */
export const expectNothing = Effect.fnUntraced(function* (store: Store, options: Partial<ClaimOptions> = {}) {
  expect(yield* claim(store, options)).toEqual([])
  const begun = performance.now()
  yield* store.awaitDue(60)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(50)
})
