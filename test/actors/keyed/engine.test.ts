/** The engine of keyed actors: histories of one partition that the random ones do not contain, on both stores. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger, Schema } from "effect"
import type { Behaviour } from "../../../actors/keyed/compute.ts"
import { makeEngine } from "../../../actors/keyed/engine.ts"
import { maxTimersLoaded } from "../../../actors/keyed/limits.ts"
import { stateCodec } from "../../../actors/keyed/states.ts"
import { readRekeyed, rekeyedRecord } from "../../../actors/runtime/inbox/key.ts"
import type { KeyedRecord } from "../../../actors/runtime/inbox/keyed-message.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import { newPartition, newProcess, recordOf, topic } from "./processes.ts"
import { type Store, stores, withStores } from "./stores.ts"

const Trace = Schema.Struct({ trace: Schema.String })
type Trace = typeof Trace.Type

/** Writes down what happens to a key; the parameter `due` of an event sets a timer. */
const behaviour: Behaviour<Trace> = {
  handlers: {
    onEvent: (event, { state }) => ({
      state: { trace: `${state?.trace ?? ""} event` },
      timers: event.param("due") === undefined ? {} : { timer: Number(event.param("due")) }
    }),
    onTimer: (_, { state }) => ({ state: { trace: `${state?.trace ?? ""} timer` } })
  },
  codec: stateCodec(Trace),
  ...{ topics: undefined, emits: undefined }
}

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, Logger.layer([])))

const onEachStore = (what: string, body: (store: Store, actor: string) => Promise<void>): void =>
  describe(what, () => {
    for (const [name, open] of stores)
      test.skipIf(open === undefined)(name, () =>
        withStores(open, ([store]) => body(store, `test-${crypto.randomUUID()}`))
      )
  })

const traceOf = async (store: Store, actor: string, key: string): Promise<string | undefined> => {
  const request = { records: [], end: "0", keys: [key], timersUpTo: 0, maxTimers: 0 }
  const { states } = await run(store.load({ actor, topic, partition: 0 }, request))
  const state = states.get(key)
  return state === undefined ? undefined : behaviour.codec.decode(state).trace.trim()
}

const record = (offset: number, given: Partial<KeyedRecord> & { id?: string; text?: string } = {}) => {
  const { id, text = "view type= n=1", ...keyed } = given
  return recordOf(text, { offset, id, key: "k", source: topic, at: 10, clock: 9, ...keyed })
}

onEachStore(
  "a passed-over event below the fence is no sign of a log that was made anew",
  async (store, actor) => {
    const partition = newPartition()
    partition.records.push(record(0, { key: undefined, id: eventId(newBatchId(), 0) }), record(1))
    const process = newProcess(actor, behaviour, store, partition)
    await run(process.read(1, "none"))
    partition.committed = 0
    await run(process.read(1, "offset"))
    await run(process.read(2, "none"))
    expect(await traceOf(store, actor, "k")).toBe("event")
  }
)

onEachStore("a record with an id of its producer that is copied twice counts once", async (store, actor) => {
  const partition = newPartition()
  const source = { topic: "clicks" as Topic, partition: 3 }
  const stored = { ...record(7, { id: "order-17" }).record, timestamp: 10 }
  const copies = [0, 1].map((offset) => {
    const { value, headers } = rekeyedRecord(stored, "k", source, topic, 9)
    return readRekeyed({ offset: String(offset), timestamp: 20, key: "k", value, headers })
  })
  expect(copies[0]?.record.headers.id).toBe("order-17")
  partition.records.push(...copies)
  const process = newProcess(actor, behaviour, store, partition)
  await run(process.read(1, "none"))
  await run(process.read(1, "none"))
  expect(await traceOf(store, actor, "k")).toBe("event")
})

onEachStore("the new partitions of a topic that was enlarged are refused too", async (store, actor) => {
  const handle = async (partition: number, partitions: number) => {
    const engine = makeEngine({
      ...{ actor, behaviour, store, meter: { count: () => Effect.void } },
      log: { append: () => Effect.succeed([]) },
      figures: { add: () => Effect.void, set: () => Effect.void }
    })
    const message = { topic, partition, records: [record(0)], end: "1", clock: 0, partitions }
    const result = await run(Effect.result(engine(message)))
    return result._tag === "Success" ? "done" : result.failure.message
  }
  expect(await handle(2, 3)).toBe("done")
  expect(await handle(1, 3)).toBe("done")
  expect(await handle(5, 6)).toMatch(/has 6 partitions, but .* keeps its state for 3/)
  expect(await handle(0, 3)).toBe("done")
})

onEachStore(
  "timers that are due before an event fire before it, also after a crash between them",
  async (store, actor) => {
    const partition = newPartition()
    const count = maxTimersLoaded + 1
    for (let i = 0; i < count; i++)
      partition.records.push(record(i, { key: `k${10_000 + i}`, text: "view type= due=50" }))
    const process = newProcess(actor, behaviour, store, partition)
    await run(process.read(count, "none"))
    await run(process.tick(50, "after the commit"))
    const last = `k${10_000 + count - 1}`
    expect(await traceOf(store, actor, last)).toBe("event")
    // A copy that was made before the re-keyer knew the time.
    partition.records.push(record(count, { key: last, at: 100, clock: 0 }))
    await run(process.read(1, "none"))
    expect(await traceOf(store, actor, last)).toBe("event timer event")
  }
)
