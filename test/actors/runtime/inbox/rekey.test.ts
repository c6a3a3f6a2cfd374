/** The clocks that the re-keyer writes into its copies, and what they say of records that are not copied yet. */
import { expect, test } from "bun:test"
import { Effect, Exit, Logger } from "effect"
import { Self } from "../../../../actors/runtime/actor-context.ts"
import { makeHealth } from "../../../../actors/runtime/health.ts"
import { keyIn } from "../../../../actors/runtime/inbox/key.ts"
import { rekeying } from "../../../../actors/runtime/inbox/rekey.ts"
import { makeMeter } from "../../../../actors/runtime/metrics.ts"
import { EventLog, type NewRecord } from "../../../../bridge/event-log/service.ts"
import { KeyedStore } from "../../../../bridge/keyed-store/service.ts"
import { Topic } from "../../../../contracts/ids.ts"

const events = Topic.make("events")
const installs = Topic.make("installs")
const sources = [events, installs]

interface Part {
  readonly topic: Topic
  readonly times: ReadonlyArray<number>
}

/** Copies the parts in this order; returns the clock of each copy, in order. `others`: times that other processes wrote. */
const copied = async (parts: ReadonlyArray<Part>, others: Readonly<Record<string, number>> = {}) => {
  const copies: Array<NewRecord> = []
  const own = sources
    .map((topic) => ({ topic, partition: 0 }))
    .filter(({ topic }) => !(`${topic}-0` in others))
  const log: Partial<EventLog["Service"]> = {
    partitions: (topics) => Effect.succeed(new Map(topics.map((topic) => [topic, 1]))),
    append: (records) =>
      Effect.sync(() => {
        copies.push(...records)
        return records.map(() => ({ stored: true as const, partition: 0, offset: "0" }))
      }),
    read: (options, handle) =>
      Effect.gen(function* () {
        options.watch?.owned(own)
        for (const { topic, times } of parts) {
          const records = times.map((timestamp, i) => ({
            ...{ offset: String(i), timestamp, key: undefined, headers: {} },
            value: new TextEncoder().encode("view type= id=a")
          }))
          yield* Effect.orDie(handle({ topic, partition: 0, records, end: String(records.length) }))
        }
        return yield* Effect.interrupt
      })
  }
  const store: Partial<KeyedStore["Service"]> = {
    rekeyed: (_, times) => Effect.succeed(new Map([...Object.entries(others), ...times]))
  }
  const self = { name: "test", meter: makeMeter("test"), health: makeHealth() }
  const exit = await Effect.gen(function* () {
    const { running } = yield* rekeying("test", {
      param: "id",
      keyOf: (record) => keyIn(record, "id"),
      sources,
      topic: Topic.make("by-id"),
      delayMs: 5
    })
    return yield* running
  }).pipe(
    Effect.provideService(EventLog, EventLog.of(log as EventLog["Service"])),
    Effect.provideService(KeyedStore, KeyedStore.of(store as KeyedStore["Service"])),
    Effect.provideService(Self, Self.of({ ...self, announce: () => {}, announced: () => undefined })),
    Effect.provide(Logger.layer([])),
    Effect.runPromiseExit
  )
  expect(Exit.hasInterrupts(exit)).toBe(true)
  return copies.map(({ headers }) => Number(headers.clock))
}

test("the clock follows the copies of a backlog batch by batch, and the slowest source partition", async () => {
  const clocks = await copied([
    { topic: events, times: [1_000, 2_000] },
    { topic: installs, times: [1_500] },
    { topic: events, times: [3_000] },
    { topic: installs, times: [9_000] },
    { topic: events, times: [10_000] }
  ])
  expect(clocks).toEqual([0, 0, 0, 1_495, 1_495, 2_995])
})

test("the clock waits for the source partitions of other processes", async () => {
  const clocks = await copied(
    [
      { topic: events, times: [1_000] },
      { topic: events, times: [5_000] },
      { topic: events, times: [6_000] }
    ],
    { "installs-0": 2_000 }
  )
  expect(clocks).toEqual([0, 995, 2_000])
})
