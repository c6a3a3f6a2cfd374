/**
 * Random histories of the reactions (commits, lost replies, leases that end, two claimers, people) go as a sequential model
 * says, in every store: the ledger adds up after each step, and each delivery is delivered, dead or waiting exactly once.
 * The seed is printed; REACTIONS_SEED repeats a run.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import fc from "fast-check"
import type {
  ClaimedDelivery,
  DeliveryOutcome,
  Gate,
  NewDelivery,
  Settlement
} from "../../../bridge/reaction-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { hasRedisProgram, startRedis } from "../../support/redis.ts"
import {
  at,
  delivery,
  hour,
  id,
  later,
  ledger,
  load,
  type Place,
  records,
  type Store,
  target
} from "./check.ts"
import { inFile, onServer } from "./places.ts"
import { makeModel } from "./sequential-model.ts"

const names = ["https://a.example", "https://b.example", "queue"]
const rules = ["r", "s", "s/report"]

const gate: fc.Arbitrary<Gate> = fc.oneof(
  fc
    .record({
      key: fc.constantFrom("k", "l"),
      from: fc.integer({ min: 0, max: 30 }),
      length: fc.constantFrom(10, Number.POSITIVE_INFINITY)
    })
    .map(({ key, from, length }): Gate => ({ kind: "once", key, at: from, until: from + length })),
  fc
    .record({
      key: fc.constantFrom("k", "l"),
      window: fc.constantFrom(0, 60),
      max: fc.integer({ min: 1, max: 3 })
    })
    .map((own): Gate => ({ kind: "rate", ...own, forMs: hour }))
)
const limits = fc
  .constantFrom(undefined, undefined, 1, 2)
  .map((concurrency) => ({ concurrency, perSecond: undefined }))
const time = fc.constantFrom(0, 0, later)
const made: fc.Arbitrary<NewDelivery> = fc
  .record({
    name: fc.nat(15),
    rule: fc.constantFrom(...rules),
    to: fc.constantFrom(...names),
    due: time,
    limits,
    gates: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(gate, { maxLength: 2 }))
  })
  .map(({ name, to, ...more }) => delivery(`d${name}`, { ...more, target: target(to) }))
const some = fc.array(made, { maxLength: 5 })
const outcome: fc.Arbitrary<DeliveryOutcome> = fc.oneof(
  fc.constant<DeliveryOutcome>({ kind: "delivered" }),
  fc.constant<DeliveryOutcome>({ kind: "dead" }),
  time.map((when): DeliveryOutcome => ({ kind: "retry", at: when })),
  time.map((when): DeliveryOutcome => ({ kind: "released", at: when })),
  fc.record({ to: fc.constantFrom(...names), limits }).map(
    ({ to, limits: own }): DeliveryOutcome => ({
      ...{ kind: "next", target: target(to), limits: own },
      content: new Uint8Array([1])
    })
  )
)

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("commit" as const),
      deliveries: some,
      suppressed: fc.nat(2),
      // The reply is lost and it is done again; the process is suspended and another one was first.
      fault: fc.constantFrom("none" as const, "none" as const, "again" as const, "late" as const)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("add" as const), deliveries: some, together: fc.boolean() })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("claim" as const),
      by: fc.nat(1),
      max: fc.integer({ min: 1, max: 6 }),
      isEnding: fc.boolean(),
      isLost: fc.boolean(),
      except: fc.constantFrom(undefined, undefined, ...names)
    })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("settle" as const),
      by: fc.nat(1),
      back: fc.nat(6),
      outcome,
      health: fc.constantFrom("worked" as const, "failed" as const, "failed" as const, "unknown" as const),
      hold: fc.constantFrom(undefined, undefined, undefined, 5, later),
      disables: fc.constantFrom(false, false, false, false, true),
      openMs: fc.constantFrom(0, hour),
      spawn: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some),
      isRepeated: fc.boolean()
    })
  },
  fc.record({ does: fc.constant("renew" as const), by: fc.nat(1), back: fc.nat(6), isEnding: fc.boolean() }),
  fc.record({
    does: fc.constantFrom("pause" as const, "resume" as const, "resume" as const, "enable" as const),
    to: fc.constantFrom(...names),
    rule: fc.constantFrom(...rules)
  }),
  fc.record({ does: fc.constant("replay" as const), delivery: made }),
  fc.record({ does: fc.constant("discard" as const), delivery: made })
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

type Model = ReturnType<typeof makeModel>

/** What `add` replies, in any order. */
const asSets = (
  reply:
    | {
        readonly added: ReadonlyArray<string>
        readonly suppressed: ReadonlyArray<{ readonly id: string; readonly reason: string }>
      }
    | undefined
) => ({
  added: new Set<string>(reply?.added),
  suppressed: new Map(reply?.suppressed.map((one) => [String(one.id), one.reason]))
})

const play = Effect.fnUntraced(function* (
  stores: readonly [Store, Store],
  steps: ReadonlyArray<Step>
): Effect.fn.Return<void, Failure> {
  const model = makeModel()
  const held: Array<ClaimedDelivery> = []
  let offset = 0
  const [first] = stores
  const storeOf = (by: number): Store => stores[by] ?? first

  for (const one of steps) {
    if (one.does === "commit") {
      const batch = records([offset])
      const { version, fences } = yield* load(first, batch)
      const suppressed = [{ rule: "r", reason: "loop", count: one.suppressed }]
      const changes = { fences, handled: 1, deliveries: one.deliveries, suppressed }
      if (one.fault === "late") {
        // Another reader handled the record while this one was suspended.
        expect(yield* storeOf(1).commit(at, version, { ...changes, deliveries: [] })).toBeDefined()
        model.suppress("r", "loop", one.suppressed)
        expect(yield* first.commit(at, version, changes)).toBeUndefined()
      } else {
        const reply = yield* first.commit(at, version, changes)
        model.suppress("r", "loop", one.suppressed)
        expect(asSets(reply)).toEqual(model.add(one.deliveries, false))
      }
      if (one.fault === "again") expect((yield* load(storeOf(1), batch)).verdicts).toEqual(["reread"])
      offset += 1
    } else if (one.does === "add")
      expect(asSets(yield* first.add(one.deliveries, one.together))).toEqual(
        model.add(one.deliveries, one.together)
      )
    else if (one.does === "claim") yield* claim(storeOf(one.by), model, held, one)
    else if (one.does === "settle") {
      const claimed = held.at(-1 - one.back)
      if (claimed === undefined) continue
      const breaker = { failures: 2, openMs: one.openMs, maxOpenMs: 2 * hour }
      const settlement: Settlement = {
        ...{ id: claimed.id, lease: claimed.lease, outcome: one.outcome, health: one.health },
        ...{ disables: one.disables, spawn: one.spawn },
        ...(one.hold === undefined ? {} : { holdUntil: one.hold }),
        call: { at: Date.now(), rule: claimed.rule, target: claimed.target, text: "{}" }
      }
      const both = one.isRepeated ? [settlement, settlement] : [settlement]
      const done = both.map((own) => model.settle(own, breaker))
      expect(yield* storeOf(one.by).settle(both, breaker)).toEqual(done)
    } else if (one.does === "renew") {
      const claimed = held.at(-1 - one.back)
      if (claimed === undefined) continue
      yield* storeOf(one.by).renew([claimed], one.isEnding ? 0 : hour)
      model.renew(claimed.id, claimed.lease, one.isEnding)
    } else if (one.does === "replay") {
      expect(yield* first.replay(one.delivery)).toBe(model.replay(one.delivery) ? "done" : "gone")
    } else if (one.does === "discard")
      expect(yield* first.discard(one.delivery.id)).toBe(model.discard(one.delivery.id))
    else {
      yield* first[one.does](target(one.to), one.rule)
      model[one.does](one.to, one.rule)
    }
    yield* compare(first, model)
  }

  yield* Effect.forEach(names, (name) => first.resume(target(name)))
  for (const name of names) model.resume(name)
  for (const claimed of held) {
    const settlement: Settlement = {
      ...{ id: claimed.id, lease: claimed.lease, outcome: { kind: "delivered" } as const },
      health: "unknown"
    }
    const breaker = { failures: 2, openMs: 0, maxOpenMs: 0 }
    expect(yield* first.settle([settlement], breaker)).toEqual([model.settle(settlement, breaker)])
  }
  yield* Effect.forEach(names, (name) => first.resume(target(name)))
  for (const name of names) model.resume(name)
  for (let isMore = true; isMore; ) {
    const own: Array<ClaimedDelivery> = []
    yield* claim(first, model, own, {
      max: 3,
      isEnding: false,
      isLost: false,

      except: undefined
    })
    const settlements = own.map(
      (claimed): Settlement => ({
        ...{ id: claimed.id, lease: claimed.lease, outcome: { kind: "delivered" } },
        health: "worked"
      })
    )
    const breaker = { failures: 2, openMs: 0, maxOpenMs: 0 }
    expect(yield* first.settle(settlements, breaker)).toEqual(
      settlements.map((each) => model.settle(each, breaker))
    )
    isMore = own.length > 0
  }
  yield* compare(first, model)
  const { waiting, inFlight } = yield* first.ledger
  expect([waiting, inFlight]).toEqual([0, 0])
})

/** Claims as many as the model says, of each target what it allows, and of as many targets as possible. */
const claim = Effect.fnUntraced(function* (
  store: Store,
  model: Model,
  held: Array<ClaimedDelivery>,
  {
    max,
    isEnding,
    isLost,
    except
  }: {
    readonly max: number
    readonly isEnding: boolean
    readonly isLost: boolean
    readonly except: string | undefined
  }
): Effect.fn.Return<void, Failure> {
  const excepted = except === undefined ? [] : [target(except)]
  // Nobody knows of deliveries whose reply was lost: they come back when their lease has ended.
  const leaseMs = isEnding || isLost ? 0 : hour
  const options = { max, leaseMs, concurrency: 3, except: excepted }
  const found = yield* store.claim("claimer", options)
  model.endLeases()
  const claimable = model.claimable(options)
  const total = [...claimable.values()].reduce((sum, count) => sum + count, 0)
  expect(found.length).toBe(Math.min(max, total))
  const of = Map.groupBy(found, (one) => String(one.target))
  expect(of.size).toBe(Math.min(max, claimable.size))
  for (const [name, own] of of) expect(own.length).toBeLessThanOrEqual(claimable.get(name) ?? 0)
  for (const claimed of found) expect([claimed, model.claim(claimed, leaseMs === 0)]).toEqual([claimed, true])
  if (!isLost) held.push(...found)
})

const compare = Effect.fnUntraced(function* (store: Store, model: Model): Effect.fn.Return<void, Failure> {
  const isSpeaking = (line: { readonly matched: number }): boolean => line.matched > 0
  const found = yield* ledger(store)
  expect(found.rules.filter(isSpeaking)).toEqual(model.lines().filter(isSpeaking))
  expect(found.oldestWaiting === undefined).toBe(found.waiting === 0)
  const states = model.states()
  for (const { target: name, state } of yield* store.targets(100))
    expect([name, state]).toEqual([name, (states.get(name) ?? "") as typeof state])
})

const seed = Number(process.env.REACTIONS_SEED ?? Math.floor(Math.random() * 2 ** 31))

describe("a random history goes as the sequential model says", () => {
  const run = (name: string, place: Effect.Effect<Place, Failure, Scope.Scope>, runs: number) =>
    test(name, async () => {
      process.stdout.write(`histories of reactions ${name}, seed ${seed}\n`)
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), (steps) =>
          Effect.gen(function* () {
            const open = yield* place
            yield* play([yield* open(hour), yield* open(hour)], steps)
          }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
        ),
        { seed, numRuns: Number(process.env.REACTIONS_RUNS ?? runs) }
      )
    }, 120_000)
  run("in a file", inFile, 40)
  describe.skipIf(!hasRedisProgram())("on a server", () => {
    const { place, stop } = onServer(() => startRedis())
    afterAll(stop)
    run("on Redis", place, 80)
  })
})

test("the names of deliveries in these histories are few, so that they meet", () => {
  const all = new Set(fc.sample(made, { numRuns: 500, seed: 1 }).map((one) => one.id))
  expect(all.size).toBeLessThanOrEqual(16)
  expect(all.has(id("d0"))).toBe(true)
})
