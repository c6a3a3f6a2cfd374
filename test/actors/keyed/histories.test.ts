/**
 * Random histories of a keyed actor (events, duplicates, timers, crashes at every place, zombies, rebalances and redelivery)
 * end as a simple sequential model says, on both stores. The seed is printed; KEYED_SEED repeats a run.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import fc from "fast-check"
import { eventId, newBatchId } from "../../../contracts/ids.ts"
import { type Crash, crashes, newPartition, newProcess, recordOf, topic } from "./processes.ts"
import { type Action, behaviour, type ModelEvent, model } from "./sequential-model.ts"
import { type Store, seed, stores, withStores } from "./stores.ts"

type Step =
  | {
      readonly step: "event"
      readonly key: string
      readonly later: number
      readonly hasId: boolean
      readonly action: Action
    }
  | { readonly step: "again"; readonly back: number; readonly later: number }
  | { readonly step: "read"; readonly process: 0 | 1; readonly count: number; readonly crash: Crash }
  | { readonly step: "both"; readonly count: number }
  | { readonly step: "tick"; readonly process: 0 | 1; readonly crash: Crash }
  | { readonly step: "rejoin"; readonly process: 0 | 1 }

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    does: fc.constantFrom("count" as const, "emit" as const, "forget" as const, "throw" as const)
  }),
  fc.record({
    does: fc.constantFrom("start" as const, "start" as const, "stop" as const),
    timer: fc.constantFrom("a", "b"),
    after: fc.integer({ min: 1, max: 60 })
  })
)
const process = fc.constantFrom(0 as const, 1 as const)
const crash = fc.oneof({ weight: 2, arbitrary: fc.constant<Crash>("none") }, fc.constantFrom(...crashes))
const count = fc.integer({ min: 1, max: 8 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant("event" as const),
      key: fc.constantFrom("x", "y", "z"),
      later: fc.integer({ min: 0, max: 20 }),
      hasId: fc.boolean(),
      action
    })
  },
  fc.record({ step: fc.constant("again" as const), back: fc.nat(5), later: fc.integer({ min: 0, max: 20 }) }),
  { weight: 3, arbitrary: fc.record({ step: fc.constant("read" as const), process, count, crash }) },
  fc.record({ step: fc.constant("both" as const), count }),
  { weight: 2, arbitrary: fc.record({ step: fc.constant("tick" as const), process, crash }) },
  fc.record({ step: fc.constant("rejoin" as const), process })
)

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, Logger.layer([])))

const play = async ([one, other]: readonly [Store, Store], steps: ReadonlyArray<Step>): Promise<void> => {
  const actor = `test-${crypto.randomUUID()}`
  const batch = newBatchId()
  const partition = newPartition()
  const processes = [
    newProcess(actor, behaviour, one, partition),
    newProcess(actor, behaviour, other, partition)
  ] as const
  const events: Array<ModelEvent> = []
  let now = 1_000
  /** The last time at which a process had read to the end: a zombie may only believe an earlier one. */
  const ended = [0, 0]
  const add = (event: Omit<ModelEvent, "at">): void => {
    const { key, n, action, id } = event
    const query = new URLSearchParams({
      n: String(n),
      ...action,
      after: "after" in action ? String(action.after) : ""
    })
    const meta = "type=&browser=&engine=&version=&os=&host=&pod=&ts=1&ip=&klag=0&country=&city="
    const offset = partition.records.length
    partition.records.push(
      recordOf(`view ${meta} ${query}`, { offset, id, key, source: topic, at: now, clock: now - 1 })
    )
    events.push({ ...event, at: now })
  }
  const believe = (place: 0 | 1): void => {
    if (processes[place].isAtEnd()) ended[place] = Math.max(ended[place] ?? 0, now - 1)
  }

  for (const one of steps) {
    if (one.step === "event") {
      now += one.later
      const n = events.length
      add({ id: one.hasId ? eventId(batch, n) : undefined, key: one.key, n, action: one.action })
    } else if (one.step === "again") {
      now += one.later
      const event = events.at(-1 - one.back)
      if (event?.id !== undefined) add(event)
    } else if (one.step === "read") {
      await run(processes[one.process].read(one.count, one.crash))
      believe(one.process)
    } else if (one.step === "both") {
      await run(
        Effect.all(
          processes.map((each) => each.read(one.count, "none")),
          { concurrency: "unbounded" }
        )
      )
      believe(0)
      believe(1)
    } else if (one.step === "tick") {
      believe(one.process)
      await run(processes[one.process].tick(ended[one.process] ?? 0, one.crash))
    } else processes[one.process].rejoin()
  }

  const [owner] = processes
  owner.rejoin()
  while (!owner.isAtEnd()) await run(owner.read(3, "none"))
  await run(owner.tick(now + 1_000, "none"))
  const expected = model(events, now + 1_000)
  const place = { actor, topic, partition: 0 }
  const keys = ["x", "y", "z"]
  const left = await run(
    one.load(place, { records: [], end: "0", keys, timersUpTo: Number.POSITIVE_INFINITY, maxTimers: 100 })
  )
  const states = new Map(
    [...left.states].map(([key, state]) => [key, JSON.parse(new TextDecoder().decode(state)).trace])
  )
  expect(states).toEqual(expected.states)
  expect(left.timers.length).toBe(expected.timers)
  expect(await run(one.outputs(place, 10))).toEqual([])
  const emitted = new Map(
    partition.appended.toReversed().map(({ headers, value }) => {
      const params = new URLSearchParams(new TextDecoder().decode(value).split(" ")[2])
      return [headers.id, `${params.get("key")}:${params.get("trace")}`]
    })
  )
  for (const key of keys) {
    const ofKey = (all: Iterable<string>) => [...all].filter((text) => text.startsWith(`${key}:`))
    expect(ofKey([...emitted.values()].toReversed())).toEqual(ofKey(expected.emitted))
  }
}

describe("a random history ends as the sequential model says", () => {
  for (const [name, open] of stores) {
    test.skipIf(open === undefined)(
      name,
      async () => {
        globalThis.process.stdout.write(`histories ${name}, seed ${seed}\n`)
        await withStores(open, (both) =>
          fc.assert(
            fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), (steps) => play(both, steps)),
            { seed, numRuns: Number(globalThis.process.env.KEYED_RUNS ?? (name === "on Redis" ? 100 : 50)) }
          )
        )
      },
      120_000
    )
  }
})
