/**
 * Promise: an event matches once, whatever is redelivered. Random histories of reactors (duplicates in the log, events that
 * clients sent again, records read again, crashes before and after the commit, two reactors on one partition, rules reloaded
 * in between) end on both stores with each event's reactions exactly once: those of one of the sets of rules. A failure
 * prints its seed; REACTS_SEED repeats the run.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import fc from "fast-check"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import type { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { batchOf, inUse, reactorOn } from "../actors/reactor/batches.ts"
import { recordOf, ruleOf } from "../actors/rules/events.ts"
import { line } from "../bridge/reaction-store/check.ts"
import { inFile, onServer } from "../bridge/reaction-store/places.ts"
import { hasRedisProgram, startRedis } from "../support/redis.ts"

type Store = ReactionStore["Service"]

/** Where a process dies: before its commit, or after it and before its offset is committed. */
type Crash = "none" | "before" | "after"

type Step =
  | {
      readonly step: "event"
      readonly type: string
      readonly hasClientId: boolean
      readonly isForeign: boolean
    }
  /** The log has the record of an earlier event again. */
  | { readonly step: "duplicate"; readonly back: number }
  /** The client sends an earlier event again, which gets another id. */
  | { readonly step: "resent"; readonly back: number }
  | { readonly step: "read"; readonly count: number; readonly crash: Crash }
  | { readonly step: "both"; readonly count: number }
  /** A process that believes an old offset reads on. */
  | { readonly step: "zombie"; readonly back: number; readonly count: number }
  | { readonly step: "reload" }

const count = fc.integer({ min: 1, max: 6 })
const back = fc.nat(4)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant("event" as const),
      type: fc.constantFrom("a", "b", "c", "d"),
      hasClientId: fc.boolean(),
      isForeign: fc.boolean()
    })
  },
  fc.record({ step: fc.constant("duplicate" as const), back }),
  fc.record({ step: fc.constant("resent" as const), back }),
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant("read" as const),
      count,
      crash: fc.constantFrom<Crash>("none", "none", "before", "after")
    })
  },
  fc.record({ step: fc.constant("both" as const), count }),
  fc.record({ step: fc.constant("zombie" as const), back, count }),
  fc.record({ step: fc.constant("reload" as const) })
)

/** Two sets of rules between which a reload changes; the second sees types that the first does not, and has a rule less. */
const sets = [
  { a: ["all-a", "any"], b: ["any"], c: ["any"], d: [] },
  { a: ["any"], b: ["any"], c: ["any"], d: ["late-d"] }
] as const satisfies ReadonlyArray<Record<string, ReadonlyArray<string>>>
const any = ruleOf("any", { when: { type: ["a", "b", "c"] } })
const inSets = [
  inUse(ruleOf("all-a", { when: { type: "a" } }), any),
  inUse(any, ruleOf("late-d", { when: { type: "d*" } }))
] as const

interface Event {
  readonly type: keyof (typeof sets)[0]
  readonly clientId: string | undefined
  readonly isForeign: boolean
  /** The ids of its records. */
  readonly ids: Set<string>
}

const crashed = new Failure({ reason: "unavailable", message: "the process died" })

const dying = (store: Store, crash: Crash): Store => ({
  ...store,
  commit: (...args) =>
    crash === "none"
      ? store.commit(...args)
      : crash === "before"
        ? Effect.fail(crashed)
        : Effect.andThen(store.commit(...args), Effect.fail(crashed))
})

const play = Effect.fnUntraced(function* (store: Store, steps: ReadonlyArray<Step>) {
  const records: Array<LogRecord> = []
  const events: Array<Event> = []
  const owners: Array<Event> = []
  let [committed, current, reloads, ids] = [0, 0, 0, 0]
  const add = (event: Event, id: string): void => {
    const params = event.clientId === undefined ? "e" : `idempotency_key=${event.clientId}&x=1`
    records.push(recordOf(event.type, params, { id, offset: String(records.length) }))
    owners.push(event)
    if (id !== "") event.ids.add(id)
  }
  const newId = (): string => `${(Date.now() * 256 + 7).toString(16).slice(0, 12).padEnd(32, "0")}-${ids++}`
  const read = (from: number, to: number, crash: Crash) => {
    const some = records.slice(from, to)
    if (some.length === 0) return Effect.succeed(true)
    const { handle } = reactorOn(dying(store, crash), () => inSets[current as 0 | 1])
    return handle(batchOf(some, records.length)).pipe(
      Effect.as(true),
      Effect.orElseSucceed(() => false)
    )
  }

  for (const one of steps) {
    if (one.step === "event") {
      const clientId = one.hasClientId ? `client-${events.length}` : undefined
      const event: Event = {
        type: one.type as Event["type"],
        clientId,
        isForeign: one.isForeign,
        ids: new Set()
      }
      events.push(event)
      add(event, one.isForeign ? "" : newId())
    } else if (one.step === "duplicate" || one.step === "resent") {
      const event = events.at(-1 - one.back)
      if (event === undefined || event.isForeign) continue
      const isResent = one.step === "resent" && event.clientId !== undefined
      add(event, isResent ? newId() : ([...event.ids][0] ?? ""))
    } else if (one.step === "read") {
      const to = Math.min(committed + one.count, records.length)
      if (yield* read(committed, to, one.crash)) committed = to
    } else if (one.step === "both") {
      const to = Math.min(committed + one.count, records.length)
      const done = yield* Effect.all([read(committed, to, "none"), read(committed, to, "none")], {
        concurrency: "unbounded"
      })
      if (done.some((isDone) => isDone)) committed = to
    } else if (one.step === "zombie") {
      const from = Math.max(0, committed - one.back)
      yield* read(from, Math.min(from + one.count, records.length), "none")
    } else {
      current = 1 - current
      reloads += 1
    }
  }
  while (committed < records.length) {
    const to = Math.min(committed + 5, records.length)
    if (yield* read(committed, to, "none")) committed = to
  }
  return { records, events, owners, reloads }
})

/** The deliveries in the store, each by the event that it is of and its rule. */
const check = Effect.fnUntraced(function* (
  store: Store,
  { records, owners, events, reloads }: Effect.Success<ReturnType<typeof play>>
) {
  const claimed = yield* store.claim("test", { max: 10_000, leaseMs: 3_600_000, concurrency: 10_000 })
  const found = new Map<Event, Array<string>>()
  for (const { id, rule } of claimed) {
    const event = id.slice(0, -rule.length - 1)
    const own = owners.find((one) => one.ids.has(event))
    // A record of another producer has an id of its place, which the test does not know.
    if (own !== undefined) found.set(own, [...(found.get(own) ?? []), rule])
  }
  const known = events.filter(({ isForeign }) => !isForeign)
  for (const event of known) {
    const got = (found.get(event) ?? []).toSorted() as ReadonlyArray<string>
    const possible: ReadonlyArray<ReadonlyArray<string>> =
      reloads === 0 ? sets.slice(0, 1).map((set) => set[event.type]) : sets.map((set) => set[event.type])
    expect(possible).toContainEqual(got)
  }
  // Those of other producers: as many as they matched, each once.
  const foreign = events.filter(({ isForeign }) => isForeign)
  const ofForeign = claimed.length - [...found.values()].reduce((sum, rules) => sum + rules.length, 0)
  const least = foreign.reduce((sum, { type }) => sum + Math.min(...sets.map((set) => set[type].length)), 0)
  const most = foreign.reduce((sum, { type }) => sum + Math.max(...sets.map((set) => set[type].length)), 0)
  expect(ofForeign).toBeGreaterThanOrEqual(least)
  expect(ofForeign).toBeLessThanOrEqual(most)
  expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length)
  for (const rule of ["all-a", "any", "late-d"]) {
    const own = claimed.filter((one) => one.rule === rule).length
    expect(yield* line(store, rule)).toEqual(own === 0 ? {} : { matched: own, inFlight: own })
  }
  return records.length
})

const server = onServer(() => startRedis())
afterAll(server.stop)

describe.each([
  ["in a file", inFile, false],
  ["on Redis", server.place, !hasRedisProgram()]
] as const)("%s", (_, place, isMissing) => {
  test.skipIf(isMissing)(
    "each event matches once in every history",
    async () => {
      const seed = Number(process.env.REACTS_SEED ?? Math.floor(Math.random() * 1_000_000_000))
      let read = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) =>
          Effect.gen(function* () {
            const store = yield* (yield* place)(3_600_000)
            read += yield* check(store, yield* play(store, steps))
          }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
        ),
        { seed, numRuns: 40 }
      )
      expect(read).toBeGreaterThan(100)
    },
    240_000
  )
})
