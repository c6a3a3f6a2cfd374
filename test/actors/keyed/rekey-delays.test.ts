/**
 * Sessions through a re-keyer: events of one device in two source partitions, copied with random delays, twice, by two
 * re-keyers that know different times, and read by two processes that crash. The sessions equal a recount of the source.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Logger, Schema } from "effect"
import fc from "fast-check"
import type { Behaviour } from "../../../actors/keyed/compute.ts"
import { stateCodec } from "../../../actors/keyed/states.ts"
import { makePartitionClocks, type Watermark } from "../../../actors/runtime/inbox/partition-clocks.ts"
import { Session } from "../../../actors/sessions/session.ts"
import { sessionRules } from "../../../actors/sessions.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import { type Crash, crashes, newPartition, newProcess, recordOf, topic } from "./processes.ts"
import { type Store, seed, stores, withStores } from "./stores.ts"

const gapMs = 30
const behaviour: Behaviour<ReadonlyArray<Session>> = {
  handlers: sessionRules("deviceid", gapMs),
  codec: stateCodec(Schema.Array(Session)),
  topics: undefined,
  emits: "sessions" as Topic
}

type Two = 0 | 1
type Step =
  | { readonly step: "event"; readonly source: Two; readonly key: string }
  | { readonly step: "wait"; readonly ms: number }
  | {
      readonly step: "copy"
      readonly by: Two
      readonly source: Two
      readonly count: number
      readonly crashes: boolean
    }
  | { readonly step: "exchange"; readonly by: Two; readonly source: Two }
  | { readonly step: "read"; readonly process: Two; readonly count: number; readonly crash: Crash }
  | { readonly step: "tick"; readonly process: Two; readonly crash: Crash }
  | { readonly step: "rejoin"; readonly process: Two }

const two = fc.constantFrom(0 as const, 1 as const)
const crash = fc.oneof({ weight: 3, arbitrary: fc.constant<Crash>("none") }, fc.constantFrom(...crashes))
const count = fc.integer({ min: 1, max: 6 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ step: fc.constant("event" as const), source: two, key: fc.constantFrom("x", "y") })
  },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40 }) })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant("copy" as const),
      by: two,
      source: two,
      count,
      crashes: fc.boolean()
    })
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("exchange" as const), by: two, source: two }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant("read" as const), process: two, count, crash }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant("tick" as const), process: two, crash }) },
  fc.record({ step: fc.constant("rejoin" as const), process: two })
)

interface SourceEvent {
  readonly at: number
  readonly key: string
  readonly id: string
}

/** The re-keyers: what is copied, and what each knows of the times of the source partitions. */
const makeRekeyers = (
  sources: ReadonlyArray<ReadonlyArray<SourceEvent>>,
  partition: ReturnType<typeof newPartition>
) => {
  const copied = [0, 0]
  const times = new Map<number, number>()
  const known: [Watermark | undefined, Watermark | undefined] = [undefined, undefined]
  return {
    known,
    /** Copies; a crash comes before the offset is committed, so that the records are copied again. */
    copy: (by: Two, source: Two, count: number, crashes: boolean): void => {
      const from = copied[source] ?? 0
      const events = (sources[source] ?? []).slice(from, from + count)
      for (const { at, key, id } of events) {
        const clock = known[by]?.time ?? 0
        const offset = partition.records.length
        partition.records.push(
          recordOf(`view type= deviceid=${key}`, { offset, id, key, source: topic, at, clock })
        )
      }
      const last = events.at(-1)
      if (crashes || last === undefined) return
      copied[source] = from + events.length
      times.set(source, Math.max(times.get(source) ?? 0, last.at - 1))
    },
    exchange: (by: Two, source: Two, now: number): void => {
      const isAtEnd = copied[source] === sources[source]?.length
      if (isAtEnd) times.set(source, Math.max(times.get(source) ?? 0, now - 1))
      if (times.size === 2) known[by] = { time: Math.min(...times.values()), knownAt: now }
    }
  }
}

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, Logger.layer([])))

const play = async ([one, other]: readonly [Store, Store], steps: ReadonlyArray<Step>): Promise<void> => {
  const actor = `test-${crypto.randomUUID()}`
  const batch = newBatchId()
  const partition = newPartition()
  const sources: readonly [Array<SourceEvent>, Array<SourceEvent>] = [[], []]
  const rekeyers = makeRekeyers(sources, partition)
  const places = [{ topic, partition: 0 }]
  const processes = [one, other].map((store) => {
    const clocks = makePartitionClocks()
    clocks.owned(places)
    return { ...newProcess(actor, behaviour, store, partition), clocks }
  })
  let now = 1_000
  let made = 0
  const tick = async (place: Two, crash: Crash): Promise<void> => {
    const one = processes[place]
    if (one === undefined) return
    if (one.isAtEnd()) one.clocks.caughtUp({ topic, partition: 0 }, now)
    one.clocks.advance(rekeyers.known[place], 1)
    const [clock] = one.clocks.list()
    await run(one.tick(clock?.clock ?? 0, crash))
  }

  for (const one of steps) {
    now += 1
    if (one.step === "event") sources[one.source].push({ at: now, key: one.key, id: eventId(batch, made++) })
    else if (one.step === "wait") now += one.ms
    else if (one.step === "copy") rekeyers.copy(one.by, one.source, one.count, one.crashes)
    else if (one.step === "exchange") rekeyers.exchange(one.by, one.source, now)
    else if (one.step === "read") await run(processes[one.process]?.read(one.count, one.crash) ?? Effect.void)
    else if (one.step === "tick") await tick(one.process, one.crash)
    else processes[one.process]?.rejoin()
  }

  for (const source of [0, 1] as const) {
    rekeyers.copy(0, source, 1_000, false)
    now += 10 * gapMs
    rekeyers.exchange(0, source, now)
  }
  rekeyers.exchange(0, 0, now)
  processes[0]?.rejoin()
  while (processes[0]?.isAtEnd() === false) await run(processes[0].read(4, "none"))
  for (let i = 0; i < 3; i++) {
    now += 1
    await tick(0, "none")
  }
  const found = new Map(
    partition.appended.map(({ headers, value }) => {
      const params = new URLSearchParams(new TextDecoder().decode(value).split(" ")[2])
      return [
        headers.id,
        `${params.get("deviceid")} ${params.get("start")} ${params.get("end")} ${params.get("events")}`
      ]
    })
  )
  expect([...found.values()].toSorted()).toEqual([...recounted(sources.flat())])
}

const recounted = (events: ReadonlyArray<SourceEvent>): ReadonlyArray<string> => {
  const sessions: Array<{ key: string; start: number; end: number; events: number }> = []
  for (const { key, at } of events.toSorted((a, b) => a.at - b.at)) {
    const open = sessions.findLast((one) => one.key === key)
    if (open === undefined || at - open.end > gapMs) sessions.push({ key, start: at, end: at, events: 1 })
    else Object.assign(open, { end: at, events: open.events + 1 })
  }
  return sessions.map(({ key, start, end, events }) => `${key} ${start} ${end} ${events}`).toSorted()
}

describe("sessions equal a recount of the source, whatever the re-keyer does", () => {
  for (const [name, open] of stores) {
    test.skipIf(open === undefined)(
      name,
      async () => {
        process.stdout.write(`re-key delays ${name}, seed ${seed}\n`)
        await withStores(open, (both) =>
          fc.assert(
            fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), (steps) => play(both, steps)),
            { seed, numRuns: Number(process.env.KEYED_RUNS ?? (name === "on Redis" ? 100 : 50)) }
          )
        )
      },
      120_000
    )
  }
})
